//! Plaid's proof: a JWT, ES256, that claims the hash of the body. The algorithm is fixed and the key comes from the
//! JWKS that was given, never from the token.

use ring::digest::{Context, SHA256};
use ring::rand::SecureRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::digest::alike;
use super::encoding::{Encoding, hex};
use super::reason::{Reason, Refusal};
use super::stamp::{Stamp, Unit};

#[derive(Clone, Debug, Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    #[serde(default)]
    kid: String,
    x: Option<String>,
    y: Option<String>,
    d: Option<String>,
    expired_at: Option<Value>,
}

impl Jwk {
    fn read(value: &Value) -> Result<Jwk, String> {
        let jwk: Jwk = Deserialize::deserialize(value).map_err(|_| "a key has no kty".to_owned())?;
        if jwk.kty != "EC"
            || jwk.crv.as_deref() != Some("P-256")
            || jwk.alg.as_deref().unwrap_or("ES256") != "ES256"
        {
            return Err(format!("the key `{}` is not an EC key on P-256 for ES256", jwk.kid));
        }
        jwk.point().map(|_| jwk.clone()).ok_or_else(|| format!("the key `{}` has no usable x and y", jwk.kid))
    }

    /// The uncompressed point.
    fn point(&self) -> Option<Vec<u8>> {
        let coordinate = |text: &Option<String>| {
            Encoding::Base64url.decode(text.as_ref()?.as_bytes()).filter(|bytes| bytes.len() == 32)
        };
        Some([&[4_u8][..], &coordinate(&self.x)?, &coordinate(&self.y)?].concat())
    }
}

/// The public keys a caller trusts.
#[derive(Debug)]
pub struct Jwks(Vec<Jwk>);

impl Jwks {
    /// No key at all: what is verified with it is refused.
    pub fn none() -> Jwks {
        Jwks(Vec::new())
    }

    pub fn has(&self, kid: &str) -> bool {
        self.0.iter().any(|jwk| jwk.kid == kid)
    }

    /// A set, a list, one key, or Plaid's answer with a `key`. Keys of other kinds are passed over beside usable ones.
    pub fn read(text: &[u8]) -> Result<Jwks, Refusal> {
        let malformed = |why: &str| Reason::MalformedSecret.with(format!("the JWKS cannot be used: {why}"));
        let value: Value = serde_json::from_slice(text).map_err(|_| malformed("it is not JSON"))?;
        let list = match &value {
            Value::Array(keys) => keys.clone(),
            Value::Object(fields) => match (fields.get("keys"), fields.get("key")) {
                (Some(Value::Array(keys)), _) => keys.clone(),
                (_, Some(key)) => vec![key.clone()],
                _ => vec![value.clone()],
            },
            _ => return Err(malformed("it is neither a set of keys nor a key")),
        };
        let (keys, wrong): (Vec<_>, Vec<_>) = list.iter().map(Jwk::read).partition(Result::is_ok);
        let keys: Vec<Jwk> = keys.into_iter().flatten().collect();
        if keys.is_empty() {
            let why = wrong.into_iter().find_map(Result::err).unwrap_or_else(|| "it holds no key".into());
            return Err(malformed(&why));
        }
        Ok(Jwks(keys))
    }
}

/// A private key, for signing samples.
pub struct PrivateJwk(Jwk);

impl PrivateJwk {
    pub fn read(secret: &[u8]) -> Result<PrivateJwk, Refusal> {
        let malformed =
            |why: &str| Reason::MalformedSecret.with(format!("the secret is not a private JWK: {why}"));
        let value: Value = serde_json::from_slice(secret).map_err(|_| malformed("it is not JSON"))?;
        let jwk = Jwk::read(&value).map_err(|why| malformed(&why))?;
        if jwk.d.is_none() {
            return Err(malformed("it has no `d`"));
        }
        Ok(PrivateJwk(jwk))
    }

    pub fn sign(&self, iat: i64, body_hash: &[u8], random: &dyn SecureRandom) -> Result<String, Refusal> {
        let malformed = || Reason::MalformedSecret.with("the private JWK's d does not belong to its x and y");
        let jwk = &self.0;
        let private = Encoding::Base64url.decode(jwk.d.as_deref().unwrap_or_default().as_bytes());
        let point = jwk.point().ok_or_else(malformed)?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &private.ok_or_else(malformed)?,
            &point,
            random,
        )
        .map_err(|_| malformed())?;
        let part = |value: Value| Encoding::Base64url.encode(value.to_string().as_bytes());
        let head = part(json!({ "alg": "ES256", "kid": jwk.kid, "typ": "JWT" }));
        let claims = part(json!({ "iat": iat, "request_body_sha256": hex(body_hash) }));
        let message = format!("{head}.{claims}");
        let signature = pair.sign(random, message.as_bytes()).map_err(|_| malformed())?;
        Ok(format!("{message}.{}", Encoding::Base64url.encode(signature.as_ref())))
    }
}

/// A token that is well-formed, of the one algorithm, and not yet judged.
struct Token {
    kid: String,
    claims: Value,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Token {
    fn read(token: &[u8]) -> Result<Token, Refusal> {
        let malformed = |why: &str| Reason::MalformedHeader.with(format!("the JWT {why}"));
        let parts: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
        let [head, claims, signature] = parts[..] else { return Err(malformed("does not have three parts")) };
        let json = |part: &[u8]| -> Option<Value> {
            serde_json::from_slice(&Encoding::Base64url.decode(part)?).ok().filter(Value::is_object)
        };
        let head_value = json(head).ok_or_else(|| malformed("has a head that cannot be read"))?;
        if head_value["alg"] != "ES256" {
            return Err(
                Reason::NoSignatureForScheme.with("the JWT's algorithm is not ES256: refused whatever it is")
            );
        }
        let claims_value = json(claims).ok_or_else(|| malformed("has claims that cannot be read"))?;
        let kid = head_value["kid"].as_str().ok_or_else(|| malformed("names no key (kid)"))?.to_owned();
        let bytes = Encoding::Base64url.decode(signature).filter(|bytes| bytes.len() == 64);
        let bytes = bytes.ok_or_else(|| {
            Reason::MalformedSignature
                .with("the JWT's signature is not 64 bytes in base64url without padding")
        })?;
        let message = [head, b".", claims].concat();
        Ok(Token { kid, claims: claims_value, message, signature: bytes })
    }
}

/// The id of the key that a token names, if it is worth looking for: a wrong algorithm or form is refused without it.
pub fn wanted_key(token: &[u8]) -> Option<String> {
    Token::read(token).ok().map(|token| token.kid)
}

pub struct JwtCheck {
    kid: String,
    /// Whether the signature is right is known before the body comes.
    signed: Result<(), Refusal>,
    claims: Value,
    body: Context,
}

impl JwtCheck {
    pub fn begin(token: &[u8], jwks: Option<&Jwks>) -> Result<JwtCheck, Refusal> {
        let token = Token::read(token)?;
        let signed = judge(&token.kid, &token.message, &token.signature, jwks);
        Ok(JwtCheck { kid: token.kid, signed, claims: token.claims, body: Context::new(&SHA256) })
    }

    pub fn update(&mut self, chunk: &[u8]) {
        self.body.update(chunk);
    }

    /// Signature, then time, then the body's hash, as Plaid's guide has it.
    pub fn finish(
        self,
        now: i64,
        tolerance: Option<u32>,
    ) -> Result<(String, Stamp), (Refusal, Option<Stamp>)> {
        self.signed.map_err(|refusal| (refusal, None))?;
        let iat = self.claims["iat"].as_u64().ok_or_else(|| {
            (Reason::MalformedTimestamp.with("the JWT's iat is missing or not a whole number"), None)
        })?;
        let stamp =
            Stamp::parse(iat.to_string().as_bytes(), Unit::Seconds).map_err(|refusal| (refusal, None))?;
        if let Some(tolerance) = tolerance {
            stamp.check(now, tolerance).map_err(|refusal| (refusal, Some(stamp)))?;
        }
        let claimed = self.claims["request_body_sha256"].as_str().unwrap_or_default();
        let body = hex(self.body.finish().as_ref());
        if bool::from(alike(claimed.as_bytes(), body.as_bytes())) {
            Ok((self.kid, stamp))
        } else {
            let why = "the JWT is right, but was made for a body other than this one";
            Err((Reason::SignatureMismatch.with(why), Some(stamp)))
        }
    }
}

fn judge(kid: &str, message: &[u8], signature: &[u8], jwks: Option<&Jwks>) -> Result<(), Refusal> {
    let mismatch = |why: &str| Reason::SignatureMismatch.with(why);
    let mut known = jwks.iter().flat_map(|jwks| &jwks.0).filter(|jwk| jwk.kid == kid).peekable();
    if known.peek().is_none() {
        return Err(mismatch("the JWKS has no key with the JWT's kid: fetch that key and try again"));
    }
    let mut usable = known.filter(|jwk| jwk.expired_at.as_ref().is_none_or(Value::is_null)).peekable();
    if usable.peek().is_none() {
        return Err(mismatch("the JWT's key has expired (expired_at is set in the JWKS)"));
    }
    let right = usable.filter_map(Jwk::point).any(|point| {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
    });
    if right { Ok(()) } else { Err(mismatch("the JWT was not signed by the key its kid names")) }
}
