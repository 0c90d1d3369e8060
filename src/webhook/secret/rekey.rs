//! `hookyard webhook secret rekey`: every stored secret encrypted anew under the first key, so that an older one may go.
//!
//! Each is replaced only while it is still the one that was read, a hundred in a transaction: the command can be stopped
//! and run again at any time, beside senders and beside `rotate`. What is signed with does not change.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::super::ids;
use super::super::store::Act;
use super::store::{self, Move, Stored, Unready};
use crate::cloak::{self, KeyRing, Trouble};
use crate::clock;
use crate::context::Context;
use crate::db::{Db, schema};
use crate::failure::{Failure, Kind};
use crate::output::{Json, Output, Page, Tone};
use crate::random;

/// Encrypt every stored secret anew under the first of `[[keys]]`, so that an older key may go
///
/// The secrets stay what they are, and receivers notice nothing. Give the new key to every host first, as one of
/// `[[keys]]`, and start what is under way anew: a sender without it could not sign any longer, so such a run stops this
/// command. Secrets that lie under the key already are only tried, so it can be run again at any time, and with
/// --dry-run it tells whether all can be decrypted. Yardi's passwords are moved by `yardi password rotate`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook secret rekey --dry-run --json\n  \
    at a terminal: hookyard webhook secret rekey && hookyard yardi password rotate")]
pub struct Args {
    /// Only this webhook's
    #[arg(value_name = "ENDPOINT", value_parser = ids::endpoint)]
    endpoint: Option<Uuid>,
    /// Even if a run under way does not have the key
    #[arg(long)]
    yes: bool,
    /// Try every secret and say what would be moved, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Secrets in one transaction.
const PAGE: i64 = 100;
/// More than a person reads.
const SHOWN: usize = 20;

pub struct Rekeyed {
    dry_run: bool,
    to: String,
    moved: usize,
    /// Under the key already, and decrypted by it.
    there: usize,
    unreadable: Vec<Unreadable>,
    by_key: BTreeMap<String, u64>,
    /// Configured keys that hold no secret any longer.
    empty: Vec<String>,
    unready: Vec<Unready>,
}

struct Unreadable {
    secret: Uuid,
    webhook: Uuid,
    trouble: Trouble,
}

pub async fn run(context: &Context, args: Args) -> Result<Rekeyed, Failure> {
    let db = context.db().await?;
    schema::preflight(db).await?;
    let ring = context.keys()?;
    let to = ring.tag().ok_or(Trouble::NoKey)?.to_owned();
    if let Some(id) = args.endpoint
        && store::find_target(db, id).await?.is_none()
    {
        return Err(Failure::no(format!("webhook {id} was not found")));
    }
    let before = by_key(db, args.endpoint).await?;
    let unready = match before.keys().any(|tag| *tag != to) {
        true => store::list_runs_without(db, &to).await?,
        false => Vec::new(),
    };
    if !unready.is_empty() && !args.yes && !args.dry_run {
        return Err(stopped_by(&unready, &to));
    }
    if !args.dry_run {
        store::finish_expired(db).await?;
    }
    let mut rekeyed = Rekeyed {
        dry_run: args.dry_run,
        to,
        moved: 0,
        there: 0,
        unreadable: Vec::new(),
        by_key: BTreeMap::new(),
        empty: Vec::new(),
        unready,
    };
    let mut behind = None;
    loop {
        let page = store::list_stored(db, args.endpoint, behind, PAGE).await?;
        let Some(last) = page.last() else { break };
        behind = Some(last.id);
        let moves = rekeyed.moves(ring, page)?;
        if args.dry_run || moves.is_empty() {
            rekeyed.moved += moves.len();
            continue;
        }
        let host = context.host();
        let ids: Vec<String> = moves.iter().map(|one| one.id.to_string()).collect();
        let act = Act::new(context, &host, json!({ "to": rekeyed.to, "secret_ids": ids }));
        rekeyed.moved += store::advance_sealed(db, &moves, &act).await?;
        fault_behind_a_page();
    }
    rekeyed.by_key = by_key(db, args.endpoint).await?;
    if args.endpoint.is_none() && !args.dry_run {
        let older = context.settings.keys.iter().skip(1).map(|key| key.tag.clone());
        rekeyed.empty = older.filter(|tag| !rekeyed.by_key.contains_key(tag)).collect();
    }
    Ok(rekeyed)
}

fn stopped_by(unready: &[Unready], to: &str) -> Failure {
    let mut failure = Failure::blocked(format!(
        "runs under way do not have the key {to}, and could no longer sign: {}",
        unready.iter().map(Unready::shown).collect::<Vec<_>>().join("; ")
    ))
    .context("nothing was moved")
    .hint(format!("give them {to} among [[keys]], start them anew, and run this again"));
    failure = failure.hint("a run that was killed counts for two minutes");
    failure.hint("--yes moves the secrets all the same")
}

/// Secrets by the tag of their key.
async fn by_key(db: &Db, webhook: Option<Uuid>) -> Result<BTreeMap<String, u64>, Failure> {
    let mut counts = BTreeMap::new();
    for (head, count) in store::count_by_key(db, webhook).await? {
        let tag = cloak::tag_of(&head).unwrap_or("(damaged)").to_owned();
        *counts.entry(tag).or_default() += u64::try_from(count).unwrap_or_default();
    }
    Ok(counts)
}

impl Rekeyed {
    /// What of a page is to be replaced. A new form is opened again before it may take the place of the old one.
    fn moves(&mut self, ring: &KeyRing, page: Vec<Stored>) -> Result<Vec<Move>, Failure> {
        let mut moves = Vec::new();
        for Stored { id, webhook, sealed } in page {
            let secret = match ring.decrypt(&sealed) {
                Ok(secret) => secret,
                Err(trouble) => {
                    self.unreadable.push(Unreadable { secret: id, webhook, trouble });
                    continue;
                }
            };
            if cloak::tag_of(&sealed)? == self.to {
                self.there += 1;
                continue;
            }
            let new = ring.encrypt(&secret, random::bytes()?)?;
            if ring.decrypt(&new)?.reveal() != secret.reveal() {
                return Err(Failure::fault("a secret that was encrypted anew is another one"));
            }
            moves.push(Move { id, old: sealed, new });
        }
        Ok(moves)
    }

    /// Readable, and not where they should be: added meanwhile by somebody with other keys.
    fn left(&self) -> u64 {
        let elsewhere = self.by_key.iter().filter(|(tag, _)| **tag != self.to).map(|(_, count)| count);
        let unreadable = self.unreadable.iter().filter(|one| one.tag() != Some(&self.to));
        elsewhere.sum::<u64>().saturating_sub(unreadable.count() as u64)
    }
}

impl Unreadable {
    fn tag(&self) -> Option<&str> {
        match &self.trouble {
            Trouble::UnknownTag { tag, .. }
            | Trouble::CutShort(tag)
            | Trouble::Unauthenticated(tag)
            | Trouble::WrongKey(tag) => Some(tag),
            Trouble::NotCloak | Trouble::NoKey | Trouble::TooLong { .. } => None,
        }
    }
}

impl Unready {
    fn shown(&self) -> String {
        format!(
            "{}, pid {} on {}, since {}",
            self.command,
            self.pid,
            self.host,
            clock::shown(self.started_at)
        )
    }
}

/// Tests kill the process between two pages.
#[cfg(debug_assertions)]
fn fault_behind_a_page() {
    if crate::env::test_fault("abort") == Some("rekey-page") {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
fn fault_behind_a_page() {}

impl Output for Rekeyed {
    fn text(&self, page: &mut Page) {
        let verb = if self.dry_run { "would be moved" } else { "moved" };
        page.line(format!("{} {verb} to {}, {} there already", self.moved, self.to, self.there));
        for run in &self.unready {
            page.toned(format!("without the key {}: {}", self.to, run.shown()), Tone::Warn);
        }
        for one in self.unreadable.iter().take(SHOWN) {
            page.toned(format!("webhook {}, secret {}: {}", one.webhook, one.secret, one.trouble), Tone::Bad);
        }
        if self.unreadable.len() > SHOWN {
            page.toned(format!("and {} more; --json has all", self.unreadable.len() - SHOWN), Tone::Bad);
        }
        for (tag, count) in &self.by_key {
            page.line(format!("  {count} under {tag}"));
        }
        let mut hints: Vec<String> = Vec::new();
        for hint in self.unreadable.iter().flat_map(|one| Failure::from(one.trouble.clone()).hints) {
            if !hints.contains(&hint) {
                page.line(format!("hint: {hint}"));
                hints.push(hint);
            }
        }
        if self.dry_run {
            page.line("dry run: nothing was changed");
        } else if self.left() > 0 {
            page.toned(
                format!("{} were added or moved meanwhile by other keys: run this again", self.left()),
                Tone::Warn,
            );
        }
        for tag in &self.empty {
            page.line(format!(
                "{tag} holds no signing secret any longer; `hookyard yardi password status` says whether it holds a password"
            ));
        }
    }

    fn json(&self) -> Json {
        let unreadable = self.unreadable.iter().map(|one| {
            json!({
                "webhook_id": one.webhook.to_string(),
                "secret_id": one.secret.to_string(),
                "key_tag": one.tag(),
                "trouble": one.trouble.to_string(),
            })
        });
        let unready = self.unready.iter().map(|run| {
            json!({
                "command": run.command,
                "host": run.host,
                "pid": run.pid,
                "started_at": clock::shown(run.started_at),
            })
        });
        Json::One(json!({
            "dry_run": self.dry_run,
            "to": self.to,
            "moved": self.moved,
            "there_already": self.there,
            "unreadable": unreadable.collect::<Vec<_>>(),
            "by_key": self.by_key,
            "keys_without_secrets": self.empty,
            "runs_without_key": unready.collect::<Vec<_>>(),
        }))
    }

    fn verdict(&self) -> u8 {
        match (self.unreadable.is_empty(), self.dry_run || self.left() == 0) {
            (false, _) => Kind::Blocked.code(),
            (true, false) => Kind::Later.code(),
            (true, true) => 0,
        }
    }
}
