//! `hookyard yardi password rotate`: every stored password moved to the first key. Each is replaced only while it is
//! still the one that was read, so that it may be run at any time, again, and beside the application's own writes.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Lying, sealed, store};
use crate::cloak::Found;
use crate::context::Context;
use crate::db::Act;
use crate::db::schema;
use crate::failure::{Failure, Kind};
use crate::output::{Json, Output, Page, Tone};

/// Move every stored password to the first of the configured keys
///
/// Passwords that lie under it already are passed over, so the command can be run again at any time.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard yardi password rotate --dry-run\n  \
    hookyard yardi password rotate --quiet && hookyard yardi password status")]
pub struct Args {
    /// Only this integration: its short id or its id
    #[arg(long, value_name = "INTEGRATION")]
    integration: Option<String>,
    /// Say what would be moved, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Default)]
pub struct Rotated {
    dry_run: bool,
    to: String,
    moved: usize,
    /// Under the first key already.
    there: usize,
    /// Empty, or plain as configured.
    passed_over: usize,
    /// Changed by somebody else between reading and writing.
    overtaken: Vec<String>,
    unreadable: Vec<(String, String)>,
    by_tag: BTreeMap<String, usize>,
}

pub async fn run(context: &Context, args: Args) -> Result<Rotated, Failure> {
    let db = context.db().await?;
    schema::preflight_for_yardi(db, false).await?;
    let to = context.keys()?.tag().map(str::to_owned).ok_or(crate::cloak::Trouble::NoKey)?;
    let mut rotated = Rotated { dry_run: args.dry_run, to, ..Rotated::default() };
    let host = context.host();
    for integration in super::integrations(db, args.integration.as_deref()).await? {
        let section = context.settings.yardi.of(integration.short_id.as_deref());
        let stored = integration.password.as_ref().map(|stored| stored.reveal()).unwrap_or_default();
        match Lying::of(context, &section, &integration)? {
            Lying::Empty | Lying::Plain => rotated.passed_over += 1,
            Lying::Unreadable(why) | Lying::Cloaked { trouble: Some(why), .. } => {
                rotated.unreadable.push((integration.name(), why));
            }
            Lying::Cloaked { tag, .. } if tag == rotated.to => rotated.there += 1,
            Lying::Cloaked { .. } if args.dry_run => rotated.moved += 1,
            Lying::Cloaked { tag, .. } => {
                let Found::Cloaked(bytes) = super::accounts::found(&section, stored)? else { continue };
                let secret = context.keys()?.decrypt(&bytes)?;
                let anew = sealed(context, &section, Some(stored), &secret)?;
                let detail = json!({ "integration": integration.name(), "from": tag, "to": rotated.to });
                let act = Act::new(context, &host, detail);
                match store::advance_password(db, integration.id, Some(stored), &anew.written(), &act).await?
                {
                    true => rotated.moved += 1,
                    false => rotated.overtaken.push(integration.name()),
                }
            }
        }
    }
    for integration in super::integrations(db, args.integration.as_deref()).await? {
        let section = context.settings.yardi.of(integration.short_id.as_deref());
        *rotated.by_tag.entry(Lying::of(context, &section, &integration)?.word()).or_default() += 1;
    }
    Ok(rotated)
}

impl Output for Rotated {
    fn text(&self, page: &mut Page) {
        let verb = if self.dry_run { "would be moved" } else { "moved" };
        page.line(format!(
            "{} {verb} to {}, {} there already, {} passed over",
            self.moved, self.to, self.there, self.passed_over
        ));
        for name in &self.overtaken {
            page.toned(format!("{name}: changed by somebody else meanwhile; run this again"), Tone::Warn);
        }
        for (name, why) in &self.unreadable {
            page.toned(format!("{name}: {why}"), Tone::Bad);
        }
        for (word, count) in &self.by_tag {
            page.line(format!("  {count} {word}"));
        }
        if self.dry_run {
            page.line("dry run: nothing was changed");
        }
    }

    fn json(&self) -> Json {
        let unreadable =
            self.unreadable.iter().map(|(name, why)| json!({ "integration": name, "trouble": why }));
        Json::One(json!({
            "dry_run": self.dry_run,
            "to": self.to,
            "moved": self.moved,
            "there_already": self.there,
            "passed_over": self.passed_over,
            "overtaken": self.overtaken,
            "unreadable": unreadable.collect::<Vec<_>>(),
            "by_tag": self.by_tag,
        }))
    }

    fn verdict(&self) -> u8 {
        match (self.unreadable.is_empty(), self.overtaken.is_empty()) {
            (false, _) => Kind::Blocked.code(),
            (true, false) => Kind::Later.code(),
            (true, true) => 0,
        }
    }
}
