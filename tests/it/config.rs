//! `hookyard config`: a flag over the environment over the file over the default, and each value says where it is from.

use std::path::Path;

use crate::support::{Transcript, has_the_promised_keys, hookyard};

fn with_file(text: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Transcript {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hookyard.toml");
    std::fs::write(&file, text).expect("written");
    let named = file.display().to_string();
    let run = hookyard(&[arguments, &["--config", &named]].concat()).hiding(&named, "[file]");
    variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
}

#[test]
fn nothing_configured_shows_the_defaults() {
    let shown = hookyard(&["config"]).run();
    insta::assert_snapshot!(shown.to_string(), @r"
     setting            value                          from
     database           none                           default
     report_database    the same                       default
     allow_egress       none                           default
     allow_http         false                          default
     ca_file            none                           default
     alert_url          none                           default
     concurrency        64                             default
     per_endpoint       10                             default
     in_flight          512                            default
     lease              30s                            default
     timeout            30s                            default
     policy             integration-layer              default
     user_agent         SNAPPT-Webhook/1.0             default
     plaid_url          https://production.plaid.com   default
     plaid_client_id    none                           default
     plaid_secret       none                           default
     operator           unknown                        default
     pg_bin             searched                       default
     smtp_url           none                           default
     mail_from          none                           default
     mail_reply_to      none                           default
     mail_subject       Your screening for {property}  default
     invite_url         none                           default
     yardi_concurrency  4                              default
     yardi_lease        30s                            default
     submit_window      30 days                        default
     targets            none                           default

    configuration file: none
    --- stderr
    (nothing)
    --- exit 0
    ");
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let file = "operator = \"from file\"\n[delivery]\nconcurrency = 3\nlease = \"20s\"\n[egress]\nallow = [\"10.0.0.0/8\"]\n";
    let values = |arguments: &[&str], variables: &[(&str, &str)]| {
        let shown =
            with_file(file, &[&["config", "--json"], arguments].concat(), variables).succeeds().json();
        has_the_promised_keys(&shown, "config");
        let told = |name: &str| {
            format!("{} < {}", shown["settings"][name]["value"], shown["settings"][name]["from"])
                .replace('"', "")
        };
        [told("concurrency"), told("lease"), told("allow_egress"), told("in_flight")]
    };
    assert_eq!(values(&[], &[]), ["3 < [file]", "20s < [file]", "10.0.0.0/8 < [file]", "512 < default"]);
    let variables = [("HOOKYARD_CONCURRENCY", "5"), ("HOOKYARD_ALLOW_EGRESS", "10.1.0.0/16, 10.2.0.1")];
    assert_eq!(
        values(&[], &variables)[..3],
        [
            "5 < environment HOOKYARD_CONCURRENCY",
            "20s < [file]",
            "10.1.0.0/16, 10.2.0.1/32 < environment HOOKYARD_ALLOW_EGRESS"
        ]
    );
    assert_eq!(
        values(&["--allow-egress", "127.0.0.1/32"], &variables)[2],
        "127.0.0.1/32 < flag --allow-egress"
    );
    assert_eq!(values(&[], &[("HOOKYARD_CONCURRENCY", "")])[0], "3 < [file]", "empty is unset");
}

#[test]
fn the_file_is_found_in_the_configuration_directory() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("hookyard");
    std::fs::create_dir(&place).expect("made");
    std::fs::write(place.join("hookyard.toml"), "operator = \"anna\"\n").expect("written");
    let told = |name: &str, path: &Path| {
        let json =
            hookyard(&["config", "--json"]).env(name, path.to_str().expect("text")).run().succeeds().json();
        json["settings"]["operator"]["value"].clone()
    };
    assert_eq!(told("XDG_CONFIG_HOME", folder.path()), "anna");
    std::fs::create_dir(folder.path().join(".config")).expect("made");
    std::fs::rename(&place, folder.path().join(".config/hookyard")).expect("moved");
    assert_eq!(told("HOME", folder.path()), "anna");
    let missing = hookyard(&["config", "--config", "/nowhere/hookyard.toml"]).run().exits(4);
    assert!(missing.stderr.contains("/nowhere/hookyard.toml: No such file"), "{missing}");
}

#[test]
fn a_mistake_in_the_file_is_named_with_file_and_line_and_never_repeats_a_value() {
    let table = [
        ("operator = \"a\"\noperatr = \"b\"\n", "[file]:2: unknown field `operatr`"),
        (
            "[delivery]\n\nconcurrency = \"canary-4711\"\n",
            "[file]:3: invalid type: string \"***\", expected i64",
        ),
        ("[delivery]\nconcurrency = 0\n", "[file]:2: `0` is not a whole number from 1 to 100000"),
        ("[delivery]\nlease = \"soon\"\n", "[file]:2: `soon` is not a length of time"),
        ("[delivery]\npolicy = \"hourly\"\n", "[file]:2: there is no retry policy `hourly`"),
        ("[egress]\nallow = [\"10.0.0.0/99\"]\n", "[file]:2: `10.0.0.0/99` is not an address range"),
        ("operator = \"a\"\noperator = \"b\"\n", "[file]:2: duplicate key"),
        ("databases = \"postgres://app:canary-4711@db/x\"\n", "[file]:1: invalid type: string \"***\""),
        (
            "[databases.a]\nurl = \"postgres://app:canary-4711@db/x\"\npassword = \"canary-4711\"\n",
            "[file]:3: unknown field `password`",
        ),
        ("operator = \n", "[file]:1: "),
        ("[[keys]]\ntag = \"T\"\n", "key `T`: say where it is read, by exactly one of `env` and `file`"),
        ("[[keys]]\ntag = \"T\"\nenv = \"A\"\nfile = \"b\"\n", "exactly one of `env` and `file`"),
        (
            "[[keys]]\ntag = \"T\"\nenv = \"canary/4711=\"\n",
            "key `T`: `env` takes the name of a variable, not the key",
        ),
        ("[[keys]]\ntag = \"T\"\nkey = \"canary-4711\"\n", "[file]:3: unknown field `key`"),
        ("[[keys]]\ntag = \"T\"\nenv = \"A\"\niv_length = 13\n", "key `T`: iv_length is 12 or 16"),
        ("[[keys]]\ntag = \"\"\nenv = \"A\"\n", "a tag is 1 to 255 printable characters"),
        ("[[keys]]\ntag = \"AES.CTR.V1\"\nenv = \"A\"\n", "AES.CTR authenticates nothing"),
        (
            "[[keys]]\ntag = \"T\"\nenv = \"A\"\n[[keys]]\ntag = \"T\"\nenv = \"B\"\n",
            "key `T`: two keys have this tag; a new key takes a new one",
        ),
    ];
    for (text, told) in table {
        let refused = with_file(text, &["config"], &[]).exits(4);
        assert!(refused.stderr.contains(told), "{told}\n{refused}");
        assert!(!refused.stderr.contains("4711"), "{refused}");
        assert!(refused.stderr.contains("hint: "), "{refused}");
    }
    for (name, value) in [
        ("HOOKYARD_CONCURRENCY", "many"),
        ("HOOKYARD_LEASE", "-3s"),
        ("HOOKYARD_ALLOW_HTTP", "perhaps"),
        ("HOOKYARD_ALERT_URL", "no url"),
        ("HOOKYARD_USER_AGENT", "a\nb"),
        ("HOOKYARD_LOG_FORMAT", "xml"),
    ] {
        let refused = hookyard(&["config"]).env(name, value).run().exits(4);
        assert!(refused.stderr.starts_with(&format!("error: {name}: ")), "{refused}");
    }
}

#[test]
fn a_section_of_yardi_is_an_integration_and_a_misspelt_key_is_an_error() {
    let file = "[yardi]\nconcurrency = 8\nprofile = \"voyager\"\noverlap = \"0s\"\nkeep = [\"applicant\", \"prospect\"]\n\
                [yardi.ACME-YARDI]\nentity = \"Example Vendor\"\nsubmit = [\"event\", \"document\"]\n\
                [mail]\nsmtp_url = \"smtps://user:canary@mail.example\"\nfrom = \"Acme <invites@acme.example>\"\n";
    let shown = with_file(file, &["config", "--json"], &[]).succeeds();
    assert!(!shown.all().contains("canary"), "{shown}");
    let settings = shown.json()["settings"].clone();
    for (key, value) in [
        ("yardi_concurrency", "8"),
        ("yardi.profile", "voyager"),
        ("yardi.overlap", "0ns"),
        ("yardi.keep", "applicant, prospect"),
        ("yardi.ACME-YARDI.entity", "Example Vendor"),
        ("yardi.ACME-YARDI.submit", "event, document"),
        ("smtp_url", "smtps://user:***@mail.example"),
        ("mail_from", "Acme <invites@acme.example>"),
    ] {
        assert_eq!(settings[key]["value"], value, "{key}");
        assert_eq!(settings[key]["from"], "[file]", "{key}");
    }
    for (text, told) in [
        (
            "[yardi]\n\nprofle = \"voyager\"\n",
            "[file]:3: invalid type: string \"***\", expected a table: [yardi] has no such key, and every other",
        ),
        ("[yardi]\nprofile = \"canary-4711\"\n", "[file]:2: is none of conceptual, voyager"),
        ("[yardi.ACME]\nentity = \"x\"\nlicense = \"canary-4711\"\n", "[file]:3: unknown field `license`"),
        ("[yardi]\noverlap = \"soon\"\n", "[file]:2: `soon` is not a length of time"),
        ("[mail]\nsender = \"x\"\n", "[file]:2: unknown field `sender`"),
    ] {
        let refused = with_file(text, &["config"], &[]).exits(4);
        assert!(refused.stderr.contains(told), "{told}\n{refused}");
        assert!(!refused.stderr.contains("4711"), "{refused}");
    }
}

#[test]
fn secrets_are_shown_as_stars() {
    let file = "database = \"prod\"\n[databases.prod]\nurl = \"postgres://app:canary-1@db.example/x?password=canary-2\"\n\
                [alert]\nurl = \"https://hooks.example/services/canary-3?token=canary-4\"\n";
    for arguments in [&["config"][..], &["config", "--json"], &["config", "-vvv"]] {
        let shown = with_file(file, arguments, &[]).succeeds();
        assert!(!shown.all().contains("canary"), "{shown}");
        assert!(shown.stdout.contains("postgres://app:***@db.example/x?***"), "{shown}");
    }
}

#[test]
fn keys_are_listed_by_tag_and_place_and_never_read() {
    let file = "[[keys]]\ntag = \"AES.GCM.V2\"\nenv = \"CLOAK_KEY_2\"\niv_length = 16\n\
                [[keys]]\ntag = \"AES.GCM.V1\"\nfile = \"/nowhere/cloak.key\"\n";
    let variables = [("CLOAK_KEY_2", "canary-key")];
    let shown = with_file(file, &["config"], &variables).succeeds();
    let keys = shown.stdout.split("\n\n").nth(1).expect("a second table");
    insta::assert_snapshot!(keys, @r"
     key         for              from
     AES.GCM.V2  encrypting       environment CLOAK_KEY_2
     AES.GCM.V1  decrypting only  /nowhere/cloak.key
    ");
    assert!(!shown.all().contains("canary"), "{shown}");
    let json = with_file(file, &["config", "--json"], &variables).succeeds().json();
    has_the_promised_keys(&json, "config");
    assert_eq!(json["keys"][1]["tag"], "AES.GCM.V1");
    assert_eq!(json["keys"][1]["for"], "decrypting only");
}

#[test]
fn schemes_of_ones_own_are_listed_by_name_header_and_line() {
    let file = "operator = \"a\"\n\n[schemes.acme]\nabout = \"Acme's\"\nsigned = \"{body}\"\n\n[schemes.acme.signature]\n\
                header = \"X-Acme-Signature\"\n[schemes.\"beta-2\".signature]\nheader = \"X-Beta\"\n\
                [schemes.beta-2]\nabout = \"Beta's\"\nsigned = \"{body}\"\n";
    let shown = with_file(file, &["config"], &[]).succeeds();
    let schemes = shown.stdout.split("\n\n").nth(1).expect("a second table");
    insta::assert_snapshot!(schemes, @r"
     own scheme  header            from
     acme        X-Acme-Signature  [file]:3
     beta-2      X-Beta            [file]:9
    ");
    let json = with_file(file, &["config", "--json"], &[]).succeeds().json();
    has_the_promised_keys(&json, "config");
    let first = &json["schemes"][0];
    assert_eq!(
        (&first["scheme"], &first["header"], &first["from"]),
        (&"acme".into(), &"X-Acme-Signature".into(), &"[file]:3".into())
    );
    let inline = "schemes.acme = { about = \"a\", signed = \"{body}\", signature = { header = \"X-A\" } }\n";
    let json = with_file(inline, &["config", "--json"], &[]).succeeds().json();
    assert_eq!(json["schemes"][0]["from"], "[file]");
}

#[test]
fn databases_are_named_by_section() {
    let file = "database = \"prod\"\n[databases.prod]\nurl = \"postgres://db.example/prod\"\n[databases.stage]\nurl = \"postgres://db.example/stage\"\n";
    let database = |arguments: &[&str]| {
        let shown = with_file(file, &[&["config", "--json"], arguments].concat(), &[]).succeeds().json();
        shown["settings"]["database"]["value"].clone()
    };
    assert_eq!(database(&[]), "postgres://db.example/prod");
    assert_eq!(database(&["--database", "stage"]), "postgres://db.example/stage");
    assert_eq!(database(&["--database", "embedded"]), "embedded");
    let unknown = with_file(file, &["config", "--database", "live"], &[]).exits(4);
    assert_eq!(
        unknown.stderr,
        "error: no database is called `live` in the configuration\n\nhint: there are: embedded, prod, stage\n"
    );
    let url = with_file("database = \"postgres://app:canary@db/x\"\n", &["config"], &[]).exits(4);
    assert!(!url.stderr.contains("canary") && url.stderr.contains("[databases] section"), "{url}");
}

#[test]
fn a_url_that_cannot_be_read_is_answered_with_one_that_can() {
    insta::assert_snapshot!(hookyard(&["webhook", "list"]).env("DATABASE_URL", "db.internal").run(), @r"
    (nothing)
    --- stderr
    error: the database URL cannot be read: relative URL without a base

    hint: it reads postgres://USER@HOST/NAME, or postgres:///NAME?host=/run/postgresql for a socket
    --- exit 4
    ");
}

#[test]
fn a_password_is_never_taken_from_the_command_line() {
    for wrong in [
        "postgres://app:canary@db/x",
        "postgres://app@db/x?password=canary",
        "postgres://app:canary@db:port/x",
        "postgres:app:canary@db",
        "host=db password=canary",
        "mysql://db/x",
    ] {
        let refused = hookyard(&["config", "--database", wrong]).run().exits(2);
        assert!(!refused.all().contains("canary"), "{refused}");
    }
    let told = hookyard(&["config", "--database", "postgres://app:canary@db/x"]).run();
    insta::assert_snapshot!(told.to_string(), @r"
    (nothing)
    --- stderr
    error: --database holds a password, which every user of this machine can see

    hint: put the URL into DATABASE_URL, or into a [databases.NAME] section
    --- exit 2
    ");
}
