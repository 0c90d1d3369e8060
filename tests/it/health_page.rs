//! `report health --html`: one page that needs nothing else, harmless whatever stands in the database, and drawn.

use serde_json::Value;

use crate::support::{Chromium, Database, Files, Scene, Transcript, hookyard};

/// The month that the demo makes up.
const HISTORY: &str = include_str!("../../src/demo/history.sql");

fn page(database: &Database, files: &Files, arguments: &[&str]) -> (Transcript, String) {
    let path = files.path("health.html");
    let path = path.to_str().expect("a path");
    let told =
        hookyard(&[&["report", "health", "--html", path], arguments].concat()).database(database).run();
    (told, std::fs::read_to_string(path).expect("a page"))
}

fn with_history() -> Database {
    let database = Database::migrated();
    database.execute(&format!("begin; {HISTORY}; commit"));
    database
}

#[test]
fn the_page_stands_alone_and_the_answer_is_the_usual_one() {
    let (database, files) = (with_history(), Files::new());
    let (told, html) = page(&database, &files, &["--json"]);
    let usual = hookyard(&["report", "health", "--json"]).database(&database).run();
    assert_eq!(told.code, usual.code);
    assert_eq!(told.json()["deliveries"]["total"], usual.json()["deliveries"]["total"]);
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{}", &html[..200]);
    assert!(html.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\""));
    for outside in ["<script", "<link rel=\"stylesheet", "src=", "url(", "@import", "<iframe", "<a "] {
        assert!(!html.contains(outside), "{outside}");
    }
    let total = told.json()["deliveries"]["total"]["attempts"].as_i64().expect("a number");
    assert!(total > 1000 && html.contains("Attempts over time"), "{total}");
    assert!(html.len() < 400_000, "{} bytes", html.len());
    // Read whole, whenever it is read: nothing is left beside it, and what cannot be written leaves the old one.
    let names: Vec<_> =
        std::fs::read_dir(files.path("")).expect("a folder").flatten().map(|one| one.file_name()).collect();
    assert_eq!(names, ["health.html"]);
    let refused =
        hookyard(&["report", "health", "--html", "/proc/health.html"]).database(&database).run().exits(1);
    assert!(refused.stderr.contains("cannot write /proc/health.html"), "{refused}");
}

#[test]
fn an_empty_database_has_a_page_too() {
    let (database, files) = (Database::migrated(), Files::new());
    let (_, html) = page(&database, &files, &[]);
    assert!(
        html.contains("No attempt was made in 7 days.") && html.contains("No active property is polled."),
        "{html}"
    );
}

/// A day of which nothing is known keeps its place: neither none nor left out.
#[test]
fn days_without_a_record_are_gaps() {
    let (database, files) = (with_history(), Files::new());
    let polls = |html: &str| {
        let (_, rest) = html.split_once("<section class=\"card\" id=\"polls\"").expect("a chart of polls");
        let chart = rest.split("</section>").next().unwrap_or_default();
        (chart.matches("no record\n</text>").count(), chart.matches("</text>").count())
    };
    let (_, whole) = page(&database, &files, &[]);
    assert_eq!(polls(&whole).0, 0);
    database.execute(
        "delete from hookyard.yardi_polls where finished_at between now() - interval '20 days' and now() - interval '9 days';
         delete from yardi_invites where inserted_at between now() - interval '20 days' and now() - interval '9 days'",
    );
    let (_, holed) = page(&database, &files, &[]);
    assert_eq!(polls(&holed).0, 2, "wide and narrow");
    assert_eq!(polls(&holed).1, polls(&whole).1 + 2, "and the axis goes on counting days");
}

const HOSTILE: &str = r#"</title></svg></style><script>alert(1)</script><img src=x onerror=alert(2)>"&'`="#;

#[test]
fn hostile_texts_are_only_words() {
    let scene = Scene::new();
    scene.database.execute(HISTORY);
    let hostile = format!("' || chr(27) || '[2J' || chr(8238) || '{}", HOSTILE.replace('\'', "''"));
    scene.database.execute(&format!(
        "update webhooks set url = 'https://a.example/' || '{hostile}' where url like '%cedar%';
         update webhooks set url = '{hostile}' where url like '%birchwood%';
         update properties set name = left('{hostile}', 255);
         update yardi_integrations set alias = left('{hostile}', 255);
         update hookyard.endpoints set last_failure = '{hostile}';
         update webhook_delivery_attempts set response_data = to_jsonb('{hostile}'::text) where response_status >= 400"
    ));
    let files = Files::new();
    let (_, html) = page(&scene.database, &files, &["--show-pii"]);
    for raw in ["<script", "<img", "</title></svg>", "</svg></style>", "\u{1b}", "\u{202e}"] {
        let found = html.matches(raw).count();
        assert_eq!(found, 0, "{raw}");
    }
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "it is shown, not hidden");
    let Some(mut browser) = Chromium::start() else { return };
    browser.open(&files.url("health.html"), "light", 1280);
    assert_eq!(browser.evaluate("document.querySelectorAll('script, img, iframe, a').length"), 0);
    assert_eq!(browser.evaluate("document.title"), "hookyard health: degraded");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Of each picture that can be seen: its name, how many shapes have an extent, and the colours they are drawn in.
const DRAWN: &str = "[...document.querySelectorAll('figure > svg')].filter(svg => svg.getBoundingClientRect().width > 0)
    .map(svg => {
        const shapes = [...svg.querySelectorAll('rect, polyline, polygon, circle')].filter(shape => {
            const box = shape.getBBox();
            return box.width > 0 || box.height > 0;
        });
        const colours = new Set(shapes.filter(s => s.tagName == 'rect').map(shape => getComputedStyle(shape).fill));
        const words = [...svg.querySelectorAll('text')].map(word => word.getBoundingClientRect().height);
        return { name: svg.getAttribute('aria-labelledby').split('-')[0], shapes: shapes.length, colours: [...colours],
            titled: svg.querySelector('title').textContent.length > 0 && svg.querySelector('desc').textContent.length > 0,
            smallest: Math.min(...words), width: svg.getBoundingClientRect().width };
    })";

/// The lowest contrast of any words to what is behind them.
const CONTRAST: &str = "(() => {
    const light = text => {
        const part = text.match(/[\\d.]+/g).slice(0, 3).map(n => n / 255)
            .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
    };
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (!colour.endsWith(', 0)') && colour != 'transparent') return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const all = [...document.querySelectorAll('h1, h2, h3, p, li, dt, dd, small, th, td, caption, span.chip, footer, figure > svg text')]
        .filter(one => one.textContent.trim() && one.getBoundingClientRect().width > 0).map(one => {
            const front = getComputedStyle(one)[one.tagName == 'text' ? 'fill' : 'color'];
            const [a, b] = [light(front), light(behind(one))].sort((x, y) => y - x);
            return { ratio: (a + 0.05) / (b + 0.05), what: one.tagName + ' ' + one.textContent.slice(0, 30) };
        });
    return all.sort((a, b) => a.ratio - b.ratio)[0];
})()";

#[test]
fn every_chart_is_drawn_by_day_and_by_night_wide_and_narrow_and_nothing_is_fetched() {
    let Some(mut browser) = Chromium::start() else {
        println!("no chromium is installed: the page was not looked at");
        return;
    };
    let (database, files) = (with_history(), Files::new());
    page(&database, &files, &[]);
    let url = files.url("health.html");
    let mut accepted = Vec::new();
    for (scheme, width) in [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)] {
        browser.open(&url, scheme, width);
        let drawn = browser.evaluate(DRAWN);
        let drawn = drawn.as_array().expect("pictures");
        let names: Vec<&str> = drawn.iter().filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(names, ["deliveries", "success", "answers", "invites", "polls"], "{scheme} {width}");
        for one in drawn {
            let number = |key: &str| one[key].as_f64().unwrap_or_default();
            assert!(number("shapes") >= 10.0 && one["titled"] == true, "{one}");
            assert!(number("smallest") >= 11.0, "letters keep their size: {one}");
            assert!(number("width") <= f64::from(width), "{one}");
        }
        accepted.push(drawn[0]["colours"][0].clone());
        assert_eq!(
            browser.evaluate("document.documentElement.scrollWidth <= innerWidth"),
            true,
            "{scheme} {width}"
        );
        let contrast = browser.evaluate(CONTRAST);
        assert!(contrast["ratio"].as_f64().unwrap_or_default() >= 4.5, "{scheme} {width} {contrast}");
        assert_eq!(browser.fetched(), std::slice::from_ref(&url), "only the page itself");
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{scheme} {width}");
    }
    assert_eq!((&accepted[0], &accepted[1]), (&accepted[2], &accepted[3]));
    assert_ne!(accepted[0], accepted[1], "the night has colours of its own");
    assert_ne!(accepted[0], Value::Null);
}

/// Makes the README's picture anew: `cargo test --locked --test it -- --ignored picture`.
#[test]
#[ignore = "it writes into the source folder"]
fn the_picture_of_the_readme() {
    let mut browser = Chromium::start().expect("chromium");
    let (database, files) = (with_history(), Files::new());
    page(&database, &files, &[]);
    // Where the server of the tests is is nobody's business.
    let path = files.path("health.html");
    let html =
        std::fs::read_to_string(&path).expect("a page").replace(&crate::support::place(), "db.internal:5432");
    std::fs::write(&path, html).expect("written");
    browser.open(&files.url("health.html"), "light", 1180);
    let to = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/health.png");
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    // To the end of the third chart, with its endpoints.
    let height = browser
        .evaluate("Math.ceil(document.querySelectorAll('.card')[3].getBoundingClientRect().bottom + 12)");
    let height = u32::try_from(height.as_u64().expect("a height")).expect("it fits");
    std::fs::write(to, browser.picture(1180, height)).expect("written");
}
