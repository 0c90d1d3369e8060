//! `hookyard webhook list`: deliveries by filter and page, as a table, as JSON lines, as CSV; input is only a value.

use crate::support::{API_KEY, Receiver, Scene, Transcript, has_the_promised_keys};

fn list(scene: &Scene, arguments: &[&str]) -> Transcript {
    scene.hookyard(&[&["webhook", "list"], arguments].concat()).run()
}

fn ids(transcript: &Transcript) -> Vec<String> {
    transcript.lines().iter().map(|line| line["delivery_id"].as_str().expect("text").to_owned()).collect()
}

/// Two delivered, two dead, two waiting for their next attempt, of one endpoint each.
fn scene_of_six() -> (Scene, [String; 3]) {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhooks = ["/ok", "/status/404", "/status/503"].map(|path| scene.webhook(&receiver.url(path)));
    scene.enqueue(2);
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    (scene, webhooks)
}

#[test]
fn every_filter_keeps_what_it_says_and_nothing_else() {
    let (scene, [good, refusing, failing]) = scene_of_six();
    let count = |arguments: &[&str]| {
        let listed = list(&scene, &[arguments, &["--json"]].concat()).succeeds();
        listed.lines().iter().for_each(|line| has_the_promised_keys(line, "webhook_list"));
        listed.lines().len()
    };
    let table: [(&[&str], usize); 16] = [
        (&[], 6),
        (&["--state", "delivered"], 2),
        (&["--state", "pending"], 2),
        (&["--dead"], 2),
        (&["--due"], 0),
        (&["--endpoint", &good], 2),
        (&["--endpoint", &refusing, "--dead"], 2),
        (&["--endpoint", &failing, "--dead"], 0),
        (&["--status", "503"], 2),
        (&["--status", "500"], 0),
        (&["--event", "entry.completed"], 6),
        (&["--event", "entry"], 0),
        (&["--since", "1h"], 6),
        (&["--until", "1h"], 0),
        (&["--since", "yesterday", "--until", "2999-01-01"], 6),
        (&["--limit", "4"], 4),
    ];
    for (arguments, expected) in table {
        assert_eq!(count(arguments), expected, "{arguments:?}");
    }
    scene.time_passes();
    assert_eq!(count(&["--due"]), 2);
    let echoed = list(&scene, &["--since", "2026-01-02"]).succeeds();
    assert_eq!(echoed.stderr, "since 2026-01-02T00:00:00Z\n", "what was understood is echoed");
    for (option, wrong) in [("--since", "2024-02-30"), ("--until", "soon")] {
        let refused = list(&scene, &[option, wrong]).exits(2);
        assert!(refused.stderr.contains(wrong), "{refused}");
    }
}

#[test]
fn pages_follow_one_another_without_gap_or_repetition() {
    let (scene, _) = scene_of_six();
    let all = ids(&list(&scene, &["--json"]).succeeds());
    let mut paged: Vec<String> = Vec::new();
    while paged.len() < all.len() {
        let after = paged.last().cloned();
        let mut arguments = vec!["--json", "--limit", "4"];
        if let Some(after) = &after {
            arguments.extend(["--after", after]);
        }
        let page = list(&scene, &arguments).succeeds();
        let last = ids(&page).last().cloned().expect("a page has rows");
        if after.is_none() {
            assert_eq!(page.stderr, format!("only the newest 4; go on with --after {last}\n"));
        } else {
            assert_eq!(page.stderr, "", "the last page is not cut");
        }
        paged.extend(ids(&page));
    }
    assert_eq!(paged, all);
}

#[test]
fn an_empty_list_says_so_to_people_and_nothing_to_programs() {
    let scene = Scene::new();
    assert_eq!(list(&scene, &[]).to_string(), "no deliveries\n--- stderr\n(nothing)\n--- exit 0");
    assert_eq!(list(&scene, &["--json"]).to_string(), "(nothing)\n--- stderr\n(nothing)\n--- exit 0");
}

#[test]
fn a_limit_is_a_whole_number_from_one() {
    let scene = Scene::new();
    for verb in ["list", "endpoints", "retry"] {
        for wrong in ["0", "-1", "abc", "99999999999999999999", "1.5", ""] {
            let refused = scene.hookyard(&["webhook", verb, &format!("--limit={wrong}")]).run().exits(2);
            assert!(refused.stderr.contains("is not a whole number from 1 to 100000"), "{refused}");
        }
    }
}

#[test]
fn a_spreadsheet_sees_text_and_a_program_sees_what_was_there() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    let names = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\u{feff}x", "a\"b", "a\nb", "a,b"];
    for name in names {
        scene
            .hookyard(&["webhook", "send", "--webhook", &webhook, "--payload", "-", "--", name])
            .stdin(b"{}")
            .run()
            .succeeds();
    }
    let csv = list(&scene, &["--csv"]).succeeds().stdout;
    assert!(
        csv.starts_with("delivery_id,state,event_id,event_type,webhook_id,url,attempts,last_status,reason,"),
        "{csv}"
    );
    for cell in [
        ",'=1+1,",
        ",'+1,",
        ",'-1,",
        ",'@x,",
        ",'\tx,",
        ",\"'\rx\",",
        ",'\u{feff}x,",
        ",\"a\"\"b\",",
        ",\"a\nb\",",
        ",\"a,b\",",
    ] {
        assert!(csv.contains(cell), "{cell:?}\n{csv:?}");
    }
    assert_eq!(csv.matches("\r\n").count(), names.len() + 1, "lines end as RFC 4180 says");
    let json = list(&scene, &["--json"]).succeeds();
    let mut told: Vec<String> =
        json.lines().iter().map(|line| line["event_type"].as_str().expect("text").to_owned()).collect();
    told.reverse();
    assert_eq!(told, names);
    list(&scene, &["--csv", "--json"]).exits(2);
}

/// What attackers type, from the ordinary to the odd.
fn injections() -> Vec<String> {
    let cores = [
        "' OR '1'='1",
        "' OR 1=1 --",
        "'; DROP TABLE webhooks; --",
        "' UNION SELECT id FROM api_keys --",
        "%",
        "_",
        "%%",
        "\\",
        "\\'",
        "''",
        "\"",
        "$1",
        "$$",
        "$$; select 1; $$",
        "::text",
        "' || pg_sleep(9) || '",
        "'; copy webhooks to program 'id' --",
        "/**/",
        "entry.complete_",
        "entry.%",
        "E'\\x27'",
        "\u{2019} OR 1=1",
        "{}",
        "{entry.completed}",
        "null",
        "NULL",
        "*",
        "?",
        "(select 1)",
        "\u{ff07} OR 1=1",
    ];
    let around = [
        ("", ""),
        ("x", ""),
        ("entry.completed", ""),
        ("entry.completed", " "),
        ("(", ")"),
        ("1", "--"),
        ("\n", "\n"),
    ];
    cores.iter().flat_map(|core| around.map(|(before, after)| format!("{before}{core}{after}"))).collect()
}

#[test]
fn input_is_compared_literally_and_never_becomes_sql() {
    let (scene, _) = scene_of_six();
    let before = scene.checksums();
    let injections = injections();
    assert!(injections.len() >= 200);
    // By many at once, since each is a process.
    std::thread::scope(|threads| {
        for part in injections.chunks(injections.len().div_ceil(4)) {
            let url = scene.database.url();
            threads.spawn(move || {
                for text in part {
                    let run = |arguments: &[&str]| {
                        crate::support::hookyard(arguments).env("DATABASE_URL", &url).run()
                    };
                    let listed = run(&["webhook", "list", "--json", &format!("--event={text}")]).succeeds();
                    assert_eq!(listed.stdout, "", "{text}");
                }
            });
        }
    });
    for text in ["' OR '1'='1", "'; DROP TABLE webhooks; --", "%", "_", "\\"] {
        for option in ["--endpoint", "--after", "--status", "--since", "--until", "--state", "--limit"] {
            list(&scene, &[&format!("{option}={text}")]).exits(2);
        }
        scene.hookyard(&["webhook", "endpoints", text]).run().exits(2);
        scene.hookyard(&["webhook", "send", "e", "--dry-run", "--entry", text]).run().exits(1);
        scene
            .hookyard(&["webhook", "send", text, "--dry-run", "--payload", "-", "--api-key", API_KEY])
            .stdin(b"{}")
            .run()
            .exits(1);
    }
    let long = "x".repeat(100_000);
    list(&scene, &["--event", &long]).exits(2);
    scene.hookyard(&["webhook", "send", "e", "--dry-run", "--entry", &long]).run().exits(1);
    assert_eq!(scene.checksums(), before, "every table is as it was");
}

#[test]
fn text_from_the_far_side_cannot_drive_the_terminal() {
    let scene = Scene::new();
    let webhook = scene.webhook("http://127.0.0.1:1/\u{202e}x?\u{1b}[2J");
    let evil = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}31m\u{202e}txt\u{2066}\u{200b}\r\u{8}";
    let name = format!("evil.{evil}");
    scene
        .hookyard(&["webhook", "send", &name, "--webhook", &webhook, "--payload", "-", "--enqueue"])
        .stdin(b"{}")
        .run()
        .succeeds();
    scene.database.execute(&format!("update hookyard.deliveries set reason = E'no\\nanswer {evil}'"));
    scene.database.execute(&format!("update webhooks set events = array['{evil}']::varchar[]"));
    let harmless = |text: &str| {
        text.chars().all(|c| c == '\n' || !(c.is_control() || "\u{202e}\u{2066}\u{200b}".contains(c)))
    };
    let verbs: [&[&str]; 5] = [
        &["webhook", "list"],
        &["webhook", "list", "--json"],
        &["webhook", "endpoints"],
        &["webhook", "endpoints", "--json"],
        &["webhook", "send", evil, "--dry-run", "--payload", "/dev/null", "--webhook", &webhook],
    ];
    for verb in verbs {
        let shown = scene.hookyard(verb).run();
        assert!(harmless(&shown.all()), "{verb:?} {:?}", shown.all());
    }
    let listed = list(&scene, &[]).stdout;
    assert!(listed.contains("evil.\\x1b]52;c;aGk=\\x07\\x1b[2J\\u{9b}31m\\u{202e}txt"), "{listed}");
    assert_eq!(listed.lines().count(), 2, "a line end in a cell does not break its row\n{listed}");
    assert_eq!(
        list(&scene, &["--json"]).lines()[0]["event_type"],
        name.as_str(),
        "a program gets what was there"
    );
    let mistyped = list(&scene, &[evil]).exits(2);
    assert!(harmless(&mistyped.all()), "{:?}", mistyped.all());
}
