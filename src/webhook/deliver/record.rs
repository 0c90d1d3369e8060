//! From outcomes to rows: what is stored for each attempt, what is told of each endpoint, and how a group that the
//! database refuses is split down to the row that is at fault.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::super::answer;
use super::super::delivery::{self, Next};
use super::sending::Sent;
use super::store::{self, Stored};
use crate::clock::Micros;
use crate::db::{Db, Trouble};
use crate::output::escape;
use crate::random::Random;

/// One attempt and the move of its delivery.
#[derive(Clone, Debug)]
pub struct Change {
    pub delivery_id: Uuid,
    pub webhook_id: Uuid,
    pub fence: i64,
    pub attempt_id: Uuid,
    pub outcome: &'static str,
    pub state: &'static str,
    pub delay: Duration,
    pub takes_a_step: bool,
    pub status: Option<u16>,
    /// What went wrong, for a person.
    pub reason: Option<String>,
    /// What the delivery's row says.
    pub fate: String,
    pub started_at: Micros,
    pub duration: Duration,
    pub response_data: String,
    /// What is stored when the database refuses `response_data`.
    pub bare: String,
}

impl Change {
    /// A failure is told with `-v`, a success with `-vv`: ids and reasons, never a URL, a header or a byte of a body.
    pub fn log(&self) {
        let told = format_args!(
            "delivery {} to endpoint {} is {} after {} ms: {}",
            self.delivery_id,
            self.webhook_id,
            self.state,
            self.duration.as_millis(),
            self.fate
        );
        if self.state == "delivered" {
            tracing::debug!(target: "hookyard::deliver", "{told}");
        } else {
            tracing::info!(target: "hookyard::deliver", "{told}");
        }
    }
}

/// What a group of attempts tells of one endpoint.
#[derive(Clone, Debug, Default)]
pub struct Health {
    pub webhook_id: Uuid,
    pub succeeded: bool,
    /// Failures since the last success in this group.
    pub failures: i32,
    pub gone: bool,
    pub last_failure: Option<String>,
}

/// The longest reason that is kept.
const REASON: usize = 500;

pub fn change(sent: &Sent, random: &Random) -> Change {
    let claimed = &sent.claimed;
    let takes_a_step = delivery::takes_a_step(&sent.outcome);
    let steps = claimed.steps + u32::from(takes_a_step);
    let next = delivery::settle(&sent.outcome, steps, claimed.policy, random.unit());
    let shown = cut(&sent.outcome.shown());
    let (state, delay, fate) = match next {
        Next::Delivered => ("delivered", Duration::ZERO, shown.clone()),
        Next::Retry(delay) => ("pending", delay, shown.clone()),
        // "not sent: blocked: …" says it already.
        Next::Dead("blocked" | "config") => ("dead", Duration::ZERO, shown.clone()),
        Next::Dead(why) => ("dead", Duration::ZERO, format!("{why}: {shown}")),
    };
    Change {
        delivery_id: claimed.id,
        webhook_id: claimed.webhook_id,
        fence: claimed.fence,
        attempt_id: random.id(sent.started_at),
        outcome: sent.outcome.word(),
        state,
        delay,
        takes_a_step,
        status: sent.outcome.status(),
        reason: (!sent.outcome.accepted()).then(|| shown.clone()),
        fate: cut(&fate),
        started_at: sent.started_at,
        duration: sent.duration,
        response_data: answer::documented(&sent.outcome),
        bare: answer::bare(&sent.outcome),
    }
}

/// Text columns refuse NUL, and nobody reads past a few hundred characters.
fn cut(text: &str) -> String {
    escape(text).chars().take(REASON).collect()
}

/// Remembers what the endpoints' rows already say, so that a success is not written thousands of times a second.
#[derive(Default)]
pub struct Watcher {
    told: HashMap<Uuid, Instant>,
    unwell: HashMap<Uuid, bool>,
}

/// How often an endpoint's last success is written while all goes well.
const TELL_EVERY: Duration = Duration::from_secs(1);

impl Watcher {
    /// What is worth writing of the endpoints of this group.
    pub fn health(&mut self, group: &[Sent], now: Instant) -> Vec<Health> {
        let mut all: BTreeMap<Uuid, Health> = BTreeMap::new();
        for sent in group {
            let webhook_id = sent.claimed.webhook_id;
            let health = all.entry(webhook_id).or_insert_with(|| Health { webhook_id, ..Health::default() });
            if sent.outcome.accepted() {
                (health.succeeded, health.failures) = (true, 0);
            } else {
                health.failures += i32::from(delivery::is_unwell(&sent.outcome));
                health.gone |= sent.outcome.status() == Some(410);
                health.last_failure = Some(cut(&sent.outcome.shown()));
            }
            if sent.claimed.failing {
                self.unwell.entry(webhook_id).or_insert(true);
            }
        }
        all.retain(|webhook, health| self.worth_telling(*webhook, health, now));
        all.into_values().collect()
    }

    fn worth_telling(&mut self, webhook: Uuid, health: &Health, now: Instant) -> bool {
        let unwell = self.unwell.get(&webhook).copied().unwrap_or(false);
        let stale = self.told.get(&webhook).is_none_or(|told| now.duration_since(*told) >= TELL_EVERY);
        let tell = health.last_failure.is_some() || unwell || stale;
        if tell {
            self.told.insert(webhook, now);
            self.unwell.insert(webhook, health.last_failure.is_some());
        }
        tell
    }
}

/// What became of a group.
#[derive(Default)]
pub struct Recorded {
    /// Still ours, and durable now.
    pub ours: Vec<Uuid>,
    /// Endpoints whose breaker is open.
    pub open: Vec<Uuid>,
}

/// Store a group. What the database refuses because of its data is split until the row at fault stands alone, and
/// that row is stored without the bytes: one bad answer never undoes the others, and none is sent for ever.
pub async fn record(
    db: &Db,
    run: Uuid,
    changes: &[Change],
    health: Vec<Health>,
) -> Result<Recorded, Trouble> {
    let mut recorded = Recorded::default();
    let mut groups = vec![(Cow::Borrowed(changes), health)];
    while let Some((changes, health)) = groups.pop() {
        let Stored { ours, open } = match store::finish_attempts(db, run, &changes, &health).await {
            Ok(stored) => stored,
            Err(why) if why.is_about_data() && changes.len() > 1 => {
                let (left, right) = halves(changes);
                groups.push((right, health));
                groups.push((left, Vec::new()));
                continue;
            }
            Err(why) if why.is_about_data() && changes.first().is_some_and(|c| c.response_data != c.bare) => {
                tracing::warn!(target: "hookyard::deliver", "an answer cannot be stored as it is: {}", why.code());
                let mut changes = changes.into_owned();
                changes.iter_mut().for_each(|change| change.response_data.clone_from(&change.bare));
                groups.push((Cow::Owned(changes), health));
                continue;
            }
            Err(why) => return Err(why),
        };
        recorded.ours.extend(ours);
        recorded.open.extend(open);
    }
    Ok(recorded)
}

fn halves(changes: Cow<'_, [Change]>) -> (Cow<'_, [Change]>, Cow<'_, [Change]>) {
    match changes {
        Cow::Borrowed(changes) => {
            let (left, right) = changes.split_at(changes.len() / 2);
            (Cow::Borrowed(left), Cow::Borrowed(right))
        }
        Cow::Owned(mut left) => {
            let right = left.split_off(left.len() / 2);
            (Cow::Owned(left), Cow::Owned(right))
        }
    }
}
