//! `hookyard webhook schemes`: the list, and a company's own.

use serde_json::Value;

use super::support::{Files, has_the_promised_keys, hookyard};

#[test]
fn each_scheme_is_listed_with_an_example_that_holds() {
    let listed = hookyard(&["webhook", "schemes", "--json"]).run().succeeds().stdout;
    let files = Files::new();
    let mut count = 0;
    for line in listed.lines() {
        let scheme: Value = serde_json::from_str(line).unwrap();
        let name = scheme["scheme"].as_str().unwrap();
        let example: Vec<&str> =
            scheme["example"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(!example.is_empty(), "{name}");
        count += 1;
        has_the_promised_keys(&scheme, "webhook_schemes");
        if ["plaid", "singlekey-handshake", "rentvine-body-auth"].contains(&name) {
            continue;
        }
        let headers = files.write("headers", example.join("\n"));
        let body = files.write("body", if name == "twilio" { "From=1&To=2" } else { "{\"id\":1}" });
        let secret =
            if scheme["key"].as_str().unwrap().starts_with("base64") { "c2VjcmV0" } else { "secret" };
        hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            name,
            "--secret-env",
            "S",
            "--now",
            "1700000000",
            "--url",
            "https://example.com/hook",
        ])
        .arg("--headers")
        .arg(&headers)
        .arg(&body)
        .env("S", secret)
        .run()
        .succeeds();
    }
    assert_eq!(count, 30);
}

#[test]
fn one_scheme_reads_as_a_paragraph() {
    insta::assert_snapshot!(hookyard(&["webhook", "schemes", "rentvine"]).run(), @r"
    rentvine
      what     RentVine, as its integration guide says
      signed   {body} · HMAC-SHA256 · hex
      key      the secret's text
      covers   sender, body
      example  X-RentVine-Signature: sha256=03def589620c813f198fd03d7967e292b163ef0435ebf43071ce0e9519763cb7
    --- stderr
    (nothing)
    --- exit 0
    ");
    let unknown = hookyard(&["webhook", "schemes", "rentvin"]).run();
    assert!(unknown.code == Some(2) && unknown.stderr.contains("there are: snappt, "), "{unknown}");
}

const OWN: &str = r#"
[schemes.acme]
about = "Acme's own"
auto = true
signed = "{id}|{t}|{body}"
digest = "sha512"

[schemes.acme.signature]
header = "X-Acme-Signature"
prefix = "acme:"
encoding = "base64"

[schemes.acme.timestamp]
header = "X-Acme-Time"
unit = "milliseconds"
tolerance = 60

[schemes.acme.id]
header = "X-Acme-Id"
"#;

#[test]
fn a_scheme_of_ones_own_works_wherever_a_built_in_one_does() {
    let files = Files::new();
    let config = files.write("hookyard.toml", OWN);
    let body = files.write("body", "{}");
    let run = |arguments: &[&str]| {
        let run = hookyard(arguments).env("S", "secret").env("HOOKYARD_CONFIG", &config);
        run.arg(&body)
    };
    let signed = run(&[
        "webhook",
        "sign",
        "--scheme",
        "acme",
        "--secret-env",
        "S",
        "--timestamp",
        "1700000000123",
        "--id",
        "e1",
    ])
    .run()
    .succeeds();
    assert!(signed.stdout.contains("X-Acme-Signature: acme:"), "{signed}");
    let headers = files.write("headers", &signed.stdout);
    let verify = |scheme: &str, now: &str| {
        run(&[
            "webhook",
            "verify",
            "--scheme",
            scheme,
            "--secret-env",
            "S",
            "--now",
            now,
            "--headers",
            &headers,
        ])
        .run()
    };
    assert_eq!(verify("auto", "1700000059").code, Some(0));
    assert_eq!(verify("acme", "1700000061").code, Some(1));
    let listed = hookyard(&["webhook", "schemes", "acme"]).env("HOOKYARD_CONFIG", &config).run().succeeds();
    assert!(listed.stdout.starts_with("acme (from hookyard.toml)\n"), "{listed}");
    // It explains others as well.
    let told = run(&[
        "webhook",
        "verify",
        "--scheme",
        "github",
        "--secret-env",
        "S",
        "--now",
        "1700000000",
        "--explain",
        "--headers",
        &headers,
    ])
    .run();
    assert!(told.stdout.contains("right under the scheme `acme`"), "{told}");
}

#[test]
fn a_wrong_table_is_refused_with_file_and_line() {
    let files = Files::new();
    for (change, words) in [
        (OWN.replace("{id}|", "{ip}|"), "`{ip}` is none of"),
        (OWN.replace("sha512", "md5"), "md5"),
        (OWN.replace("prefix", "prefiks"), "prefiks"),
        (OWN.replace("acme", "github"), "`github` is built in"),
        (OWN.replace("schemes.acme", "schemes.Acme"), "lower-case"),
        (OWN.replace("header = \"X-Acme-Time\"", "item = \"t\""), "needs the form items"),
        (OWN.replace("tolerance = 60", "tolerance = 0"), "would refuse everything"),
    ] {
        let config = files.write("hookyard.toml", change);
        let run = hookyard(&["webhook", "schemes"]).env("HOOKYARD_CONFIG", &config).run();
        assert_eq!(run.code, Some(4), "{words}: {run}");
        assert!(run.stderr.contains(words) && run.stderr.contains("hookyard.toml:"), "{words}: {run}");
    }
}

#[test]
fn no_option_takes_a_secret_as_its_value() {
    for verb in ["sign", "verify", "trigger"] {
        let help = hookyard(&["webhook", verb, "--help"]).run().succeeds().stdout;
        let options = help
            .lines()
            .take_while(|line| *line != "Examples:")
            .map(str::trim)
            .filter(|line| line.starts_with("--secret"));
        let options: Vec<&str> = options.filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(options, ["--secret-env", "--secret-file", "--secret-fd"], "{help}");
    }
}
