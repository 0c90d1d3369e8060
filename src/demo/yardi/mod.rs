//! `hookyard demo --yardi`: prospects in, results out, on real parts. A Voyager on loopback, the local database, the
//! same polls and submits that cron runs; and both once more, to show that nothing happens twice.

mod store;

use serde_json::json;

use super::voyager::{Household, Person, Voyager};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Json, Output, Page, counted};
use crate::settings::{self, Section, Settings, Yardi};
use crate::yardi;

/// The short id of the integration.
const INTEGRATION: &str = "DEMO-YARDI";
/// Yardi's code of the property.
const PROPERTY: &str = "maplect";

pub struct Shown {
    acts: Vec<Act>,
    notes: Vec<String>,
    writes: usize,
    invites: usize,
    place: String,
}

/// A command, and what it said.
struct Act {
    before: &'static str,
    command: String,
    said: String,
}

/// Plain password, no pause, the real interface; for this integration only.
pub fn settings(given: Settings) -> Settings {
    let section = Section {
        profile: Some(settings::Profile::Voyager),
        password_mode: Some(crate::cloak::Mode::Plain),
        entity: Some("Example Vendor".to_owned()),
        pause: Some(std::time::Duration::ZERO),
        ..Section::default()
    };
    let sections = [(INTEGRATION.to_owned(), section)].into();
    Settings { yardi: Yardi { sections, ..Yardi::default() }, invite_url: None, ..given }
}

pub async fn run(context: &Context) -> Result<Shown, Failure> {
    let db = context.db().await?;
    let voyager = Voyager::start().map_err(|why| Failure::fault(why).context("cannot listen on loopback"))?;
    let number = context.random.next() % 1_000_000;
    let code = |person: u64| format!("p{:07}", number * 10 + person);
    for household in households(code) {
        voyager.add(PROPERTY, household);
    }
    store::insert_scene(db, INTEGRATION, PROPERTY, &voyager.url("/demo/webservices")).await?;
    context.printer.note(
        "a Voyager listens on loopback; its property has two households with an application, and others",
    );
    let mut acts = Vec::new();
    let mut act = |before, command: String, answer: &dyn Output| {
        let mut page = Page::new(false, None);
        answer.text(&mut page);
        acts.push(Act { before, command, said: page.finish() });
    };
    let poll = format!("hookyard yardi poll --integration {INTEGRATION} --force");
    let submit = format!("hookyard yardi submit --integration {INTEGRATION}");
    let checked = yardi::check(context, INTEGRATION).await?;
    act(
        "does the other side answer, and to whom?",
        format!("hookyard yardi check {INTEGRATION}"),
        checked.as_ref(),
    );
    let polled = yardi::poll(context, INTEGRATION).await?;
    act("bring new prospects in; each gets an entry:", poll.clone(), polled.as_ref());
    store::complete_entry(db, &code(1), context.random.id(context.clock.wall())).await?;
    context.printer.note("one applicant hands in everything; the entry is completed");
    let submitted = yardi::submit(context, INTEGRATION).await?;
    act("write the result of the completed entry to the guest card:", submit.clone(), submitted.as_ref());
    let again = yardi::poll(context, INTEGRATION).await?;
    act("both once more, as cron does every five minutes: nobody comes twice,", poll, again.as_ref());
    let again = yardi::submit(context, INTEGRATION).await?;
    act("and nothing is written twice:", submit, again.as_ref());
    Ok(Shown {
        acts,
        notes: voyager.notes(PROPERTY, "[hy:entry/"),
        writes: voyager.asked("ImportYardiGuest_Login").len(),
        invites: store::count_invites(db, &[code(1), code(2), code(3), code(4), code(5)]).await?,
        place: db.place().to_owned(),
    })
}

/// Two people who share a flat and one alone who apply, one without an address, and somebody who left long ago.
fn households(code: impl Fn(u64) -> String) -> Vec<Household> {
    let person =
        |number, kind, first, last, email: &str| Person::new(&code(number), kind, first, last, email);
    let ada = person(1, "applicant", "Ada", "Okafor", "Ada.Okafor@example.com");
    let mut ben = person(2, "roommate", "Ben", "Okafor", "ben@example.com");
    ben.tenant = "r0000301".to_owned();
    vec![
        Household::of(vec![ada, ben]),
        Household::of(vec![person(3, "prospect", "Zoë", "O'Brien & Søns", "zoe@example.com")]),
        Household::of(vec![person(4, "applicant", "Kim", "Park", "0")]),
        Household::of(vec![person(5, "canceled", "Long", "Gone", "gone@example.com")]),
    ]
}

impl Output for Shown {
    fn text(&self, page: &mut Page) {
        for act in &self.acts {
            page.line(act.before);
            page.line(format!("$ {}", act.command));
            match act.said.trim_end() {
                "" => page.line("  (nothing to do)"),
                said => said.lines().for_each(|line| page.line(format!("  {line}").trim_end())),
            }
            page.blank();
        }
        page.line("what stands on the guest card now:");
        self.notes.iter().for_each(|note| page.line(format!("  {note}")));
        page.blank();
        page.line(format!(
            "{}, {}, written {}",
            counted(self.invites, "invite", "invites"),
            counted(self.notes.len(), "note", "notes"),
            counted(self.writes, "time", "times")
        ));
        page.blank();
        page.line("Look around:");
        page.line("  hookyard --database embedded yardi list");
        page.line(format!("  psql -h {} -U postgres hookyard", self.place));
        page.line("and stop the server when you are done (it stops by itself when nobody uses it):");
        page.line("  hookyard database stop");
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "integration": INTEGRATION,
            "acts": self.acts.iter().map(|act| json!({
                "command": act.command,
                "said": act.said,
            })).collect::<Vec<_>>(),
            "invites": self.invites,
            "notes": self.notes,
            "writes": self.writes,
        }))
    }

    fn verdict(&self) -> u8 {
        u8::from(self.writes != 1 || self.notes.len() != 1)
    }
}
