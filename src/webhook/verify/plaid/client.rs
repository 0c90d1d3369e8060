//! `POST /webhook_verification_key/get`.

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use crate::context::Context;
use crate::egress::{self, Refusal};
use crate::failure::Failure;
use crate::http::{Method, Reply, Request};
use crate::secret;
use crate::settings::Plaid;

const PATH: &str = "/webhook_verification_key/get";

pub enum Asked {
    /// The answer as it came, which holds the key.
    Key(Vec<u8>),
    Unknown,
}

/// Who asks.
pub struct Credentials {
    client_id: String,
    secret: String,
}

pub async fn ask(context: &Context, plaid: &Plaid, who: &Credentials, kid: &str) -> Result<Asked, Failure> {
    let doing = "Plaid's key cannot be fetched";
    let url = format!("{}{PATH}", plaid.url.value.trim_end_matches('/'));
    let target = egress::check_url(&url, &context.rules()).map_err(|why| {
        match &why {
            Refusal::Blocked(_) => Failure::blocked(&why),
            Refusal::Invalid(_) => Failure::usage(&why),
        }
        .context(doing)
    })?;
    let body = json!({ "client_id": who.client_id, "secret": who.secret, "key_id": kid }).to_string();
    let request = Request {
        method: Method::Post,
        target,
        headers: vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body: Bytes::from(body),
        timeout: context.settings.timeout.value,
    };
    let answer = match context.http()?.send(request).await {
        Reply::Answered(answer) => answer,
        Reply::None(none) => {
            return Err(
                Failure::later(format!("no answer: {}: {}", none.kind.word(), none.detail)).context(doing)
            );
        }
    };
    if answer.status == 200 {
        return Ok(Asked::Key(answer.body));
    }
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code: String = said["error_code"].as_str().unwrap_or("no error_code").chars().take(80).collect();
    match (answer.status, code.as_str()) {
        (400, "INVALID_WEBHOOK_VERIFICATION_KEY_ID") | (404, _) => Ok(Asked::Unknown),
        (400, "INVALID_API_KEYS" | "INVALID_CLIENT_ID" | "INVALID_SECRET") | (401 | 403, _) => {
            Err(Failure::blocked(format!("Plaid refuses the credentials: {code}"))
                .context(doing)
                .hint("client_id and secret must be of the environment that `url` names: `hookyard config`"))
        }
        (status, _) => Err(Failure::later(format!("Plaid answered {status}: {code}")).context(doing)),
    }
}

pub fn credentials(context: &Context, plaid: &Plaid) -> Result<Credentials, Failure> {
    let away = || {
        Failure::usage(
            "`plaid` needs Plaid's public keys, and no credentials are configured to fetch them with",
        )
        .hint("give the keys with --jwks FILE")
        .hint("or set HOOKYARD_PLAID_CLIENT_ID and HOOKYARD_PLAID_SECRET, or [plaid] in hookyard.toml")
    };
    let client_id = plaid.client_id.as_ref().ok_or_else(away)?.value.clone();
    let bytes = match (&plaid.secret, &plaid.secret_file) {
        (Some(secret), _) => secret.value.reveal().to_vec(),
        (None, Some(file)) => secret::file(&file.value, &context.printer)?,
        (None, None) => return Err(away()),
    };
    let secret = String::from_utf8(bytes).map_err(|_| Failure::blocked("Plaid's secret is not text"))?;
    Ok(Credentials { client_id, secret })
}
