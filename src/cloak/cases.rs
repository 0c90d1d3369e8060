//! The published vectors of Cloak's format, and what must be refused.

use super::*;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const CHANCE: [u8; 16] =
    [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf];

/// IV, plaintext, Base64 of what is stored: key 00 … 1f, tag AES.GCM.V1, IV a0 a1 …
const VECTORS: [(Iv, &str, &str); 4] = [
    (
        Iv::Sixteen,
        "s3cret-P@ss",
        "AQpBRVMuR0NNLlYxoKGio6SlpqeoqaqrrK2urxtcwib6CMbLMR4H1chAPX9ZkEDOfbngJoPtbA==",
    ),
    (Iv::Twelve, "s3cret-P@ss", "AQpBRVMuR0NNLlYxoKGio6Slpqeoqaqr23feVtCqDxoF2hfknb3VzJUrH18gvy/vIhb0"),
    (Iv::Twelve, "", "AQpBRVMuR0NNLlYxoKGio6Slpqeoqaqr2NCc5FPD/MnnLl/PQbADxw=="),
    (Iv::Twelve, "pä$$", "AQpBRVMuR0NNLlYxoKGio6SlpqeoqaqrCUB99ZdrUhno4XrV/ZAzd5bb2Alh"),
];

fn key(tag: &str, first: u8, iv: Iv) -> Key {
    let mut bytes: [u8; 32] = std::array::from_fn(|at| at as u8);
    bytes[0] = first;
    Key { tag: tag.into(), bytes, iv }
}

fn ring(iv: Iv) -> KeyRing {
    KeyRing::new(vec![Key::read("AES.GCM.V1", KEY.as_bytes(), iv).expect("a key")])
}

fn cloaked(mode: Mode, column: &str) -> Vec<u8> {
    match mode.read(column).expect("Cloak's form") {
        Found::Cloaked(bytes) => bytes,
        Found::Plain(_) => panic!("taken for plain"),
    }
}

fn refused(mode: Mode, column: &str) -> Trouble {
    mode.read(column).map(|_| ()).expect_err("refused")
}

#[test]
fn the_vectors_are_made_and_read() {
    for (iv, plain, stored) in VECTORS {
        let made = ring(iv).encrypt_text(&Secret::new(plain), CHANCE, 255).expect("encrypted");
        assert_eq!(made, stored);
        let bytes = cloaked(Mode::Auto, stored);
        assert_eq!(tag_of(&bytes), Ok("AES.GCM.V1"));
        // The length of the IV is found, whatever is configured.
        for configured in [Iv::Twelve, Iv::Sixteen] {
            assert_eq!(ring(configured).decrypt(&bytes).expect("decrypted").reveal(), plain.as_bytes());
        }
    }
}

/// Written by Cloak 1.0.3 itself, from its own tests: key and stored bytes.
const CLOAKS_KEY: &str = "ub+Ax3xSjEvh8w4258tOjYMtjTXx6gYelGYfnUv5Knc=";
const CLOAKS_BYTES: &str =
    "AQpBRVMuR0NNLlYxLfO6Z3Ns7kn7S30OPeUFA4G4vKZmdwjITSz4pJMzotwqf4GUT6RBK34fM/CEHNjf6/ND8Cfx";

#[test]
fn what_cloak_wrote_is_read() {
    let ring = KeyRing::new(vec![Key::read("AES.GCM.V1", CLOAKS_KEY.as_bytes(), Iv::Twelve).expect("a key")]);
    let bytes = cloaked(Mode::CloakBase64, CLOAKS_BYTES);
    assert_eq!(ring.decrypt(&bytes).expect("decrypted").reveal(), b"Lorem ipsum dolor sit amet");
}

#[test]
fn a_retired_key_still_reads_and_the_first_writes() {
    let old = KeyRing::new(vec![key("AES.GCM.V1", 7, Iv::Twelve)]);
    let stored = old.encrypt(&Secret::new("kept"), CHANCE).expect("encrypted");
    let both = KeyRing::new(vec![key("AES.GCM.V2", 8, Iv::Sixteen), key("AES.GCM.V1", 7, Iv::Twelve)]);
    assert_eq!(both.tag(), Some("AES.GCM.V2"));
    assert_eq!(both.decrypt(&stored).expect("decrypted").reveal(), b"kept");
    let anew = both.encrypt(&Secret::new("kept"), CHANCE).expect("encrypted");
    assert_eq!(tag_of(&anew), Ok("AES.GCM.V2"));
}

#[test]
fn what_cannot_be_decrypted_says_why_and_under_which_tag() {
    let stored = ring(Iv::Twelve).encrypt(&Secret::new("s3cret"), CHANCE).expect("encrypted");
    let told =
        |ring: &KeyRing, stored: &[u8]| ring.decrypt(stored).map(|_| ()).expect_err("refused").to_string();
    let other = KeyRing::new(vec![key("AES.GCM.V1", 9, Iv::Twelve)]);
    assert_eq!(told(&other, &stored), "it does not decrypt with the configured keys (tag `AES.GCM.V1`)");
    let later = KeyRing::new(vec![key("AES.GCM.V3", 0, Iv::Twelve), key("AES.GCM.V2", 0, Iv::Twelve)]);
    assert_eq!(
        told(&later, &stored),
        "it is encrypted under the tag `AES.GCM.V1`, and the configured keys are `AES.GCM.V3`, `AES.GCM.V2`"
    );
    assert_eq!(
        told(&KeyRing::default(), &stored),
        "it is encrypted under the tag `AES.GCM.V1`, and no key is configured"
    );
    let counter = [&[1, 10][..], b"AES.CTR.V1", &[0; 30]].concat();
    assert_eq!(
        told(&ring(Iv::Twelve), &counter),
        "it is encrypted with AES.CTR (tag `AES.CTR.V1`), which authenticates nothing and is not read"
    );
    assert_eq!(told(&ring(Iv::Twelve), &stored[..30]), "it is cut short (tag `AES.GCM.V1`)");
    for at in 12..stored.len() {
        let mut altered = stored.clone();
        altered[at] ^= 1;
        assert_eq!(
            ring(Iv::Twelve).decrypt(&altered).map(|_| ()),
            Err(Trouble::WrongKey("AES.GCM.V1".into()))
        );
    }
}

#[test]
fn only_the_mode_plain_takes_plain_text() {
    for text in ["s3cret", "", "AQ==", "AQpBRVMuR0NN", "MTIzNDU2Nzg5MDEyMzQ1Ng==", "\\x01", "Bearer x"] {
        for mode in [Mode::Auto, Mode::CloakBase64, Mode::CloakBytea] {
            assert_eq!(refused(mode, text), Trouble::NotCloak, "{text}");
        }
        match Mode::Plain.read(text) {
            Ok(Found::Plain(secret)) => assert_eq!(secret.reveal(), text.as_bytes()),
            _ => panic!("{text}"),
        }
    }
}

#[test]
fn bytes_are_read_as_postgres_writes_them() {
    let stored = ring(Iv::Twelve).encrypt(&Secret::new("x"), CHANCE).expect("encrypted");
    let hex: String = stored.iter().map(|byte| format!("{byte:02x}")).collect();
    for mode in [Mode::Auto, Mode::CloakBytea] {
        assert_eq!(cloaked(mode, &format!("\\x{hex}")), stored);
    }
}

#[test]
fn the_longest_secret_of_a_column_fits_and_one_byte_more_is_refused() {
    for (iv, most) in [(Iv::Twelve, 149), (Iv::Sixteen, 145)] {
        let ring = ring(iv);
        assert_eq!(ring.longest(255), Ok(most));
        let text = ring.encrypt_text(&Secret::new(vec![b'x'; most]), CHANCE, 255).expect("fits");
        assert!(text.len() <= 255, "{}", text.len());
        let more = ring.encrypt_text(&Secret::new(vec![b'x'; most + 1]), CHANCE, 255);
        assert_eq!(more, Err(Trouble::TooLong { length: most + 1, most }));
    }
    assert_eq!(KeyRing::default().encrypt(&Secret::new("x"), CHANCE), Err(Trouble::NoKey));
}

#[test]
fn a_long_tag_has_its_length_in_several_bytes() {
    for length in [1, 127, 128, 255, 256, 300] {
        let ring = KeyRing::new(vec![key(&"t".repeat(length), 1, Iv::Twelve)]);
        let stored = ring.encrypt(&Secret::new("x"), CHANCE).expect("encrypted");
        let head: &[u8] = match length {
            1 => &[1, 1],
            127 => &[1, 127],
            128 => &[1, 0x81, 128],
            255 => &[1, 0x81, 255],
            256 => &[1, 0x82, 1, 0],
            _ => &[1, 0x82, 1, 44],
        };
        assert!(stored.starts_with(head), "{length}");
        assert_eq!(ring.decrypt(&stored).expect("decrypted").reveal(), b"x");
    }
    for torn in [
        &[][..],
        &[1],
        &[1, 3, b'a'],
        &[1, 0xff],
        &[1, 0x88, 255, 255, 255, 255, 255, 255, 255, 255],
        &[1, 0],
    ] {
        assert_eq!(tag_of(torn), Err(Trouble::NotCloak), "{torn:?}");
    }
}

#[test]
fn a_key_is_base64_of_32_bytes() {
    for wrong in
        ["", "AAAA", "c2hvcnQ=", &format!("{KEY}AAAA"), &KEY[..43], &format!("{KEY}\n"), "not base64!"]
    {
        assert!(Key::read("t", wrong.as_bytes(), Iv::Twelve).is_none(), "{wrong}");
    }
}
