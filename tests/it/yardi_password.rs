//! `hookyard yardi password`: shown by tag, rotated while they are what was read, replaced once they were seen to work.

use crate::support::{Estate, Hookyard, Says, Soap, element, envelope, has_the_promised_keys};

/// Keys 00 … 1f and 01 … 20, in Base64.
const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
/// `s3cret-P@ss` under the old key.
const STORED: &str = "AQpBRVMuR0NNLlYxoKGio6Slpqeoqaqr23feVtCqDxoF2hfknb3VzJUrH18gvy/vIhb0";

const ONE: &str = "password_mode = \"auto\"\n[[keys]]\ntag = \"AES.GCM.V1\"\nenv = \"OLD_KEY\"\n";
const BOTH: &str =
    "[[keys]]\ntag = \"AES.GCM.V2\"\nenv = \"NEW_KEY\"\n[[keys]]\ntag = \"AES.GCM.V1\"\nenv = \"OLD_KEY\"\n";

fn estate(soap: &Soap, keys: &str) -> Estate {
    let estate = Estate::simple(soap);
    configure(&estate, keys);
    estate.database.execute(&format!("update yardi_integrations set password = '{STORED}'"));
    estate
}

fn configure(estate: &Estate, keys: &str) {
    estate.files().write(
        "hookyard.toml",
        format!("[yardi]\npause = \"0s\"\n{}", keys.replace("password_mode = \"auto\"\n", "")),
    );
}

fn run(estate: &Estate, arguments: &[&str]) -> Hookyard {
    estate
        .hookyard(&[&["yardi"], arguments].concat())
        .env("OLD_KEY", OLD)
        .env("NEW_KEY", NEW)
        .env("YARDI_PASSWORD", "canary-new-pässword")
}

#[test]
fn a_stored_password_is_decrypted_and_said_to_the_service_and_nobody_else() {
    let soap = Soap::start();
    let estate = estate(&soap, ONE);
    let told = run(&estate, &["poll", "-vvv"]).run().succeeds();
    assert_eq!(element(&soap.requests()[0], "Password").as_deref(), Some("s3cret-P@ss"));
    assert!(!told.all().contains("s3cret") && !told.all().contains(OLD), "{told}");
    let wrong = run(&estate, &["poll", "--force"]).env("OLD_KEY", NEW).run().exits(4);
    assert!(
        wrong.stdout.contains("it does not decrypt with the configured keys (tag `AES.GCM.V1`)"),
        "{wrong}"
    );
    assert_eq!(soap.count(), 1);
}

#[test]
fn status_counts_by_tag_and_fails_where_one_cannot_be_read() {
    let soap = Soap::start();
    let estate = estate(&soap, BOTH);
    for (name, password) in [
        ("BLUE", "'hunter2-canary'"),
        ("CYAN", "null"),
        ("DUSK", "'AQpBRVMuR0NNLlY5oKGio6Slpqeoqaqr23feVtCqDxoF2hfknb3VzJUrH18gvy/vIhb0'"),
    ] {
        estate.integration(name, &soap.url("/x"));
        estate.database.execute(&format!(
            "update yardi_integrations set password = {password} where short_id = '{name}'"
        ));
    }
    insta::assert_snapshot!(run(&estate, &["password", "status"]).run(), @r"
     integration  stored under               what is wrong
     ACME         AES.GCM.V1
     BLUE         not encrypted, or damaged  it is not in Cloak's form (Base64 or bytes that begin with 01, a length and a tag)
     CYAN         empty
     DUSK         AES.GCM.V9                 it is encrypted under the tag `AES.GCM.V9`, and the configured keys are `AES.GCM.V2`, `AES.GCM.V1`

    1 AES.GCM.V1
    1 AES.GCM.V9
    1 empty
    1 not encrypted, or damaged
    new passwords are stored under AES.GCM.V2
    --- stderr
    (nothing)
    --- exit 4
    ");
    let json = run(&estate, &["password", "status", "--json"]).run().exits(4);
    json.lines().iter().for_each(|line| has_the_promised_keys(line, "yardi_password.status"));
    assert!(!json.all().contains("canary") && !json.all().contains("hunter2"), "{json}");
}

#[test]
fn rotate_moves_what_it_can_read_once_and_names_the_rest() {
    let soap = Soap::start();
    let estate = estate(&soap, BOTH);
    estate.integration("BLUE", &soap.url("/x"));
    estate
        .database
        .execute("update yardi_integrations set password = 'canary-plain' where short_id = 'BLUE'");
    let before = estate
        .text("select string_agg(password || updated_at, ' ' order by short_id) from yardi_integrations");
    let dry = run(&estate, &["password", "rotate", "--dry-run"]).run().exits(4);
    assert!(
        dry.stdout.starts_with("1 would be moved to AES.GCM.V2, 0 there already, 0 passed over\n"),
        "{dry}"
    );
    assert_eq!(
        estate
            .text("select string_agg(password || updated_at, ' ' order by short_id) from yardi_integrations"),
        before
    );
    let same = run(&estate, &["password", "rekey", "--dry-run"]).run().exits(4);
    assert_eq!(same.stdout, dry.stdout, "by the word that signing secrets have for it");
    let told = run(&estate, &["password", "rotate"]).run().exits(4);
    insta::assert_snapshot!(told, @r"
    1 moved to AES.GCM.V2, 0 there already, 0 passed over
    BLUE: it is not in Cloak's form (Base64 or bytes that begin with 01, a length and a tag)
      1 AES.GCM.V2
      1 not encrypted, or damaged
    --- stderr
    (nothing)
    --- exit 4
    ");
    let again =
        run(&estate, &["password", "rotate", "--integration", "ACME", "--json"]).run().succeeds().json();
    has_the_promised_keys(&again, "yardi_password.rotate");
    assert_eq!((&again["moved"], &again["there_already"]), (&0.into(), &1.into()));
    run(&estate, &["poll", "--integration", "ACME"]).run().succeeds();
    assert_eq!(element(&soap.requests()[0], "Password").as_deref(), Some("s3cret-P@ss"), "the same password");
    assert_eq!(
        estate.text("select count(*) from hookyard.acts where command = 'yardi password rotate'"),
        "1"
    );
}

#[test]
fn a_new_password_is_tried_before_it_is_stored_and_closes_the_circuit() {
    let soap = Soap::start();
    let estate = estate(&soap, ONE);
    estate.database.execute(
        "insert into hookyard.yardi_accounts (integration_id, state, opened_at, opened_class, opened_text)
         select id, 'open', now(), 'auth', 'Login failed.' from yardi_integrations",
    );
    let dry = run(&estate, &["password", "set", "ACME", "--secret-env", "YARDI_PASSWORD", "--dry-run"])
        .run()
        .succeeds();
    assert!(dry.stdout.contains("would be stored encrypted under AES.GCM.V1"), "{dry}");
    assert_eq!(soap.count(), 0);
    let held = |when: &str| {
        estate.database.execute(&format!(
            "update hookyard.yardi_accounts set lease_until = {when}, leased_by = gen_random_uuid()"
        ));
    };
    held("now() + interval '1 hour'");
    let busy = run(&estate, &["password", "set", "ACME", "--secret-env", "YARDI_PASSWORD"]).run().exits(3);
    assert!(busy.stderr.contains("another run is at work on it"), "{busy}");
    assert_eq!(soap.count(), 0, "one at a time asks");
    held("now() - interval '1 second'");
    let refused = "<Messages><Message messageType=\"Error\">Login failed. Please check login credentials and try again.</Message></Messages>";
    soap.says("PROP-700", Says::Raw(200, envelope("GetNewProspects", refused)));
    let set = || run(&estate, &["password", "set", "ACME", "--secret-env", "YARDI_PASSWORD"]);
    let told = set().run().exits(4);
    assert!(
        told.stderr.contains("the service did not accept the new password; nothing was stored"),
        "{told}"
    );
    assert_eq!((soap.count(), estate.text("select password from yardi_integrations").as_str()), (1, STORED));
    soap.has_people("PROP-700", 0, 0);
    let told = set().run().succeeds();
    insta::assert_snapshot!(told, @r"
    GetNewProspects answered for PROP-700
    ACME: the password is stored, encrypted under AES.GCM.V1
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(estate.text("select state from hookyard.yardi_accounts"), "closed");
    assert_ne!(estate.text("select password from yardi_integrations"), STORED);
    run(&estate, &["poll"]).run().succeeds();
    assert_eq!(
        element(&soap.requests().pop().expect("asked"), "Password").as_deref(),
        Some("canary-new-pässword")
    );
}

#[test]
fn a_password_comes_by_file_descriptor_or_standard_input_and_too_long_ones_are_refused() {
    let soap = Soap::start();
    let estate = estate(&soap, ONE);
    let file = estate.files().write("secret", "from-file-canary\n");
    run(&estate, &["password", "set", "ACME", "--secret-file", &file]).run().succeeds();
    run(&estate, &["password", "set", "ACME", "--json"]).stdin(b"from-stdin-canary\n").run().succeeds();
    let said: Vec<_> = soap.requests().iter().filter_map(|body| element(body, "Password")).collect();
    assert_eq!(said, ["from-file-canary", "from-stdin-canary"]);
    let long = run(&estate, &["password", "set", "ACME"]).stdin(&[b'x'; 150]).run().exits(4);
    assert!(long.stderr.contains("it has 150 bytes, and at most 149 fit"), "{long}");
    for wrong in [&["--secret-env", "s3cret-canary"][..], &["--secret-env", "A", "--secret-file", "b"]] {
        let told = run(&estate, &[&["password", "set", "ACME"], wrong].concat()).run().exits(2);
        assert!(!told.all().contains("canary"), "{told}");
    }
    assert_eq!(soap.count(), 2);
}

/// Cloak's own fields are bytes.
#[test]
fn a_column_of_bytes_serves_as_well() {
    let soap = Soap::start();
    let estate = estate(&soap, BOTH);
    estate.database.execute(
        "alter table yardi_integrations alter column password type bytea using decode(password, 'base64')",
    );
    let status = estate.hookyard(&["database", "status"]).run().succeeds();
    assert!(!status.stdout.contains("wrong"), "{status}");
    let lying = run(&estate, &["password", "status", "--json"]).run().succeeds().lines();
    assert_eq!((&lying[0]["stored_under"], &lying[0]["readable"]), (&"AES.GCM.V1".into(), &true.into()));
    run(&estate, &["poll"]).run().succeeds();
    run(&estate, &["password", "rotate"]).run().succeeds();
    let begins = "select encode(substr(password, 1, 12), 'escape') from yardi_integrations";
    assert!(estate.text(begins).contains("AES.GCM.V2"), "{}", estate.text(begins));
    run(&estate, &["poll", "--force"]).run().succeeds();
    run(&estate, &["password", "set", "ACME", "--secret-env", "YARDI_PASSWORD"]).run().succeeds();
    let said: Vec<_> = soap.requests().iter().filter_map(|body| element(body, "Password")).collect();
    assert_eq!(said, ["s3cret-P@ss", "s3cret-P@ss", "canary-new-pässword"]);
}
