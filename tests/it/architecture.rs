//! The house's rules, read from `src/` as text: what no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Without the tests at its end, which may do what the code may not.
    fn code(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or(&self.text)
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("cases.rs") || self.path.contains("cases/") || self.path.ends_with("_tests.rs")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path: PathBuf = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("readable");
                let path = path.strip_prefix(root).expect("below the root").display().to_string();
                sources.push(Source { path, text });
            }
        }
    }
    assert!(sources.len() > 40, "the sources were not found");
    sources
}

fn offenders(wrong: impl Fn(&Source) -> bool) -> Vec<String> {
    sources().into_iter().filter(|source| !source.is_test()).filter(wrong).map(|source| source.path).collect()
}

fn none(offenders: &[String], rule: &str) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}

#[test]
fn sql_is_spoken_in_stores_and_in_db_only() {
    let found = offenders(|source| {
        let may = source.path.ends_with("store.rs")
            || source.path.contains("/store/")
            || source.path.starts_with("src/db/");
        !may && source.code().contains("sqlx")
    });
    none(&found, "only store.rs, store/ and db/ may name sqlx");
}

#[test]
fn one_file_knows_the_http_client() {
    let found = offenders(|source| !source.path.starts_with("src/http") && source.code().contains("reqwest"));
    none(&found, "only http may name reqwest");
}

#[test]
fn one_file_knows_the_mail_client() {
    let found = offenders(|source| source.path != "src/mail.rs" && source.code().contains("lettre::"));
    none(&found, "only mail.rs may name lettre");
}

#[test]
fn the_environment_is_read_in_one_file() {
    let found = offenders(|source| source.path != "src/env.rs" && source.code().contains("env::var"));
    none(&found, "only env.rs may read the environment");
}

#[test]
fn nouns_are_pure() {
    let nouns = [
        "src/backoff.rs",
        "src/cloak.rs",
        "src/secret/mod.rs",
        "src/report/figures/deliveries.rs",
        "src/report/figures/mod.rs",
        "src/report/figures/tool.rs",
        "src/report/figures/yardi.rs",
        "src/report/threshold.rs",
        "src/report/verdict.rs",
        "src/instant.rs",
        "src/database/prune/plan.rs",
        "src/json.rs",
        "src/webhook/answer.rs",
        "src/webhook/attempt.rs",
        "src/webhook/delivery.rs",
        "src/webhook/event.rs",
        "src/webhook/ids.rs",
        "src/webhook/show/next.rs",
        "src/webhook/show/timeline.rs",
        "src/webhook/show/unmatched.rs",
        "src/webhook/request.rs",
        "src/webhook/deliver/desk.rs",
        "src/yardi/account.rs",
        "src/yardi/envelope.rs",
        "src/yardi/integration.rs",
        "src/yardi/invite.rs",
        "src/yardi/letter.rs",
        "src/yardi/submit/result.rs",
        "src/yardi/prospect.rs",
        "src/yardi/redact.rs",
        "src/yardi/screening.rs",
        "src/yardi/trouble.rs",
        "src/yardi/window.rs",
    ];
    let found = offenders(|source| {
        let pure = nouns.contains(&source.path.as_str())
            || source.path.starts_with("src/egress")
            || source.path.starts_with("src/signature/")
            || source.path.starts_with("src/report/told/")
            || source.path.starts_with("src/provider/")
            || source.path.starts_with("src/webhook/captured/")
            || source.path.starts_with("src/yardi/answer/");
        let impure = ["async ", "Instant::now", "SystemTime", "std::fs", "TcpStream"];
        pure && impure.iter().any(|word| source.code().contains(word))
    });
    none(&found, "a noun neither waits, nor reads the clock, nor touches the outside");
}

#[test]
fn time_is_read_in_few_places() {
    let may = ["src/clock.rs", "src/random.rs"];
    let found = offenders(|source| {
        !may.contains(&source.path.as_str())
            && !source.path.starts_with("src/db/")
            && source.code().contains("SystemTime")
    });
    none(&found, "only clock.rs reads the wall clock");
}

#[test]
fn slices_know_their_allowed_neighbours_only() {
    let slices = ["webhook", "yardi", "report", "database", "demo", "config"];
    let allowed = [("demo", "webhook"), ("demo", "database"), ("demo", "yardi"), ("yardi", "webhook")];
    let found = offenders(|source| {
        slices.iter().any(|slice| {
            let inside =
                source.path.starts_with(&format!("src/{slice}/")) || source.path == format!("src/{slice}.rs");
            inside
                && slices.iter().any(|other| {
                    let names = source.code().contains(&format!("crate::{other}::"))
                        || source.code().contains(&format!("use crate::{other};"));
                    other != slice && names && !allowed.contains(&(*slice, *other))
                })
        })
    });
    none(&found, "webhook and database know no neighbour; demo knows their faces");
}

#[test]
fn every_file_says_what_it_is() {
    none(&offenders(|source| !source.text.starts_with("//! ")), "a file opens with a //! paragraph");
}

#[test]
fn a_long_file_gives_its_reason() {
    let found = offenders(|source| {
        let head: String = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        source.text.lines().count() > 400 && !head.contains("Long because")
    });
    none(&found, "a file over 400 lines says `Long because …` in its head");
}

/// One struct, drawn in many forms: a form that needs more has something in it that belongs to the figures.
#[test]
fn each_form_of_the_report_is_short() {
    let found =
        offenders(|source| source.path.starts_with("src/report/told/") && source.text.lines().count() > 100);
    none(&found, "what draws the report stays under a hundred lines a file");
}

#[test]
fn no_statement_is_built_from_input() {
    let found = offenders(|source| source.code().contains("AssertSqlSafe"));
    none(&found, "every statement's text is static");
}

#[test]
fn nothing_is_printed_past_the_printer() {
    let found =
        offenders(|source| ["println!", "print!(", "dbg!"].iter().any(|word| source.code().contains(word)));
    none(&found, "only output speaks");
}

#[test]
fn signatures_are_never_compared_byte_by_byte() {
    let found = offenders(|source| {
        source.path.starts_with("src/signature")
            && ["tag ==", "made ==", "signature ==", "candidate =="]
                .iter()
                .any(|words| source.code().contains(words))
    });
    none(&found, "a signature is compared in constant time");
}

/// What CI scripts and engineers both type shows a line for each.
#[test]
fn verbs_of_signatures_show_a_line_for_ci_and_one_for_a_terminal() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for verb in [
        "schemes",
        "sign",
        "verify",
        "check",
        "trigger",
        "doctor",
        "secret-add",
        "secret-rotate",
        "secret-list",
        "secret-retire",
        "secret-rekey",
    ] {
        let page = root.join("man").join(format!("hookyard-webhook-{verb}.1"));
        let text = fs::read_to_string(&page).unwrap_or_else(|_| panic!("{verb} has no man page"));
        assert!(text.contains("in CI:") && text.contains("at a terminal:"), "{verb}");
    }
}

/// Every verb has a test file, a man page and an example in its help.
#[test]
fn every_verb_is_tested_documented_and_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let verbs = [
        "webhook send",
        "webhook retry",
        "webhook endpoints",
        "webhook list",
        "webhook schemes",
        "webhook sign",
        "webhook verify",
        "webhook check",
        "webhook trigger",
        "webhook doctor",
        "webhook show",
        "webhook replay",
        "webhook tail",
        "webhook secret add",
        "webhook secret rotate",
        "webhook secret list",
        "webhook secret retire",
        "webhook secret rekey",
        "report health",
        "yardi check",
        "yardi list",
        "yardi poll",
        "yardi submit",
        "yardi password",
        "database migrate",
        "database prune",
        "database status",
        "database stop",
        "config",
        "demo",
    ];
    for verb in verbs {
        let test = root.join("tests/it").join(format!("{}.rs", verb.replace(' ', "_")));
        assert!(test.exists(), "{verb} has no test file {}", test.display());
        let page = root.join("man").join(format!("hookyard-{}.1", verb.replace(' ', "-")));
        let text = fs::read_to_string(&page).unwrap_or_else(|_| panic!("{verb} has no man page"));
        assert!(text.contains("Examples"), "{verb} shows no example");
    }
}
