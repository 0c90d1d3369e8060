//! Attempts that nobody has counted, read by whichever look has time: each takes the newest batch that nobody has read.
//! What a look could not finish is open again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;

use super::Surroundings;
use super::hours::{self, HOUR, Stretch};
use super::pieces::{batches, freshest, length, pieces};
use super::tally::Tally;
use super::uncounted::{self, Line};
use crate::clock::Micros;

/// Of the nine seconds that a look may take.
pub const BUDGET: Duration = Duration::from_secs(4);

/// So much is never too much.
const LITTLE: Micros = 3 * HOUR;

/// Shared by the looks at one report: each takes the newest batch that nobody has read, when it has nothing else to do.
#[derive(Default)]
pub struct Rest(Mutex<State>);

#[derive(Default)]
struct State {
    /// A look that begins anew offers anew; what was read of an earlier offer is worth nothing.
    offer: usize,
    text: &'static str,
    now: Micros,
    batches: Vec<Vec<Stretch>>,
    open: BTreeSet<usize>,
    read: BTreeMap<usize, Vec<Line>>,
    /// From when on the time counts, where there is more to read than a little.
    started: Option<Instant>,
    /// The first batch for which there was no time.
    unread: Option<usize>,
}

struct Batch {
    offer: usize,
    at: usize,
    text: &'static str,
    stretches: Vec<Stretch>,
    remaining: Option<Duration>,
}

impl Rest {
    pub fn offer(&self, around: &Surroundings, left: &[Stretch]) {
        let begun = around.begun();
        let is_little = around.finds_times() && length(left, begun) <= LITTLE;
        let batches = match around.finds_times() {
            true if is_little => freshest(left, around.now),
            true => batches(pieces(left, begun), begun),
            // Each day would read everything.
            false => vec![left.to_vec()],
        };
        let mut state = self.state();
        *state = State {
            offer: state.offer + 1,
            text: uncounted::text(around),
            now: around.now,
            open: (0..batches.len()).collect(),
            batches,
            started: (!is_little).then(Instant::now),
            ..State::default()
        };
    }

    /// Reads until nothing is left that nobody reads.
    pub async fn read(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        let mut is_hurried = false;
        while let Some(batch) = self.take() {
            is_hurried |= batch.remaining.is_some();
            match uncounted::read(tx, batch.text, &batch.stretches, batch.remaining).await {
                Ok(lines) => self.put(&batch, lines),
                Err(why) => {
                    // Whoever begins anew will want it again.
                    self.put_back(&batch);
                    return Err(why);
                }
            }
        }
        if is_hurried {
            sqlx::raw_sql("set local statement_timeout = '8s'").execute(tx).await?;
        }
        Ok(())
    }

    /// Adds what was read; where there was no time for all, the moment before which nothing was.
    pub fn add_to(self, tally: &mut Tally) -> Option<Micros> {
        let state = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        for line in state.read.range(..state.unread.unwrap_or(usize::MAX)).flat_map(|(_, lines)| lines) {
            match line.hour {
                Some(at) => tally.add_live(line.webhook_id, &hours::hour_of(at, line.counts)),
                None => tally.add_webhook(line.webhook_id, &hours::hour_of(0, line.counts), [None, None]),
            }
        }
        let newest = state.batches.get(state.unread?)?.first()?;
        Some(newest.1.unwrap_or(state.now))
    }

    fn take(&self) -> Option<Batch> {
        let mut state = self.state();
        let at = state.open.pop_first()?;
        Some(Batch {
            offer: state.offer,
            at,
            text: state.text,
            stretches: state.batches.get(at)?.clone(),
            remaining: state.started.map(|started| remaining(started, at)),
        })
    }

    /// None: there was no time.
    fn put(&self, batch: &Batch, lines: Option<Vec<Line>>) {
        let mut state = self.state();
        if batch.offer != state.offer {
            return;
        }
        match lines {
            Some(lines) => drop(state.read.insert(batch.at, lines)),
            None => {
                state.open.clear();
                state.unread = Some(state.unread.map_or(batch.at, |first| first.min(batch.at)));
            }
        }
    }

    fn put_back(&self, batch: &Batch) {
        let mut state = self.state();
        if batch.offer == state.offer {
            state.open.insert(batch.at);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tests let the time be over after so many days.
fn remaining(started: Instant, _at: usize) -> Duration {
    #[cfg(debug_assertions)]
    if crate::env::test_fault("days")
        .and_then(|days| days.parse().ok())
        .is_some_and(|days: usize| _at >= days)
    {
        return Duration::ZERO;
    }
    BUDGET.saturating_sub(started.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(has_time_index: bool) -> Surroundings {
        Surroundings {
            now: 100 * HOUR + 1,
            standby: false,
            lag_s: None,
            server: 150_000,
            has_order: false,
            has_status_index: true,
            has_time_index,
            has_attempts: true,
            owns_attempts: true,
        }
    }

    const WEEK: [Stretch; 1] = [(1, None)];

    fn taken(rest: &Rest) -> Vec<usize> {
        std::iter::from_fn(|| rest.take()).map(|batch| batch.at).collect()
    }

    #[test]
    fn each_batch_is_read_once_and_what_was_broken_off_again() {
        let rest = Rest::default();
        assert!(rest.take().is_none(), "nothing is offered yet");
        rest.offer(&around(true), &WEEK);
        let (first, second) = (rest.take().expect("a batch"), rest.take().expect("another"));
        assert_eq!((first.at, second.at), (0, 1), "the newest first");
        rest.put(&second, Some(vec![]));
        rest.put_back(&first);
        assert_eq!(taken(&rest), [0, 2, 3, 4]);
    }

    #[test]
    fn what_was_read_of_an_earlier_offer_is_not_counted() {
        let rest = Rest::default();
        rest.offer(&around(true), &WEEK);
        let (early, broken) = (rest.take().expect("a batch"), rest.take().expect("another"));
        rest.offer(&around(true), &WEEK);
        rest.put(&early, Some(vec![]));
        rest.put_back(&broken);
        assert!(rest.state().read.is_empty());
        assert_eq!(taken(&rest), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn nothing_older_counts_than_the_first_for_which_there_was_no_time() {
        let rest = Rest::default();
        rest.offer(&around(true), &WEEK);
        let all: Vec<Batch> = std::iter::from_fn(|| rest.take()).collect();
        rest.put(&all[2], None);
        rest.put(&all[1], None);
        let mut tally = Tally::new(vec![], 0);
        assert_eq!(rest.add_to(&mut tally), all[1].stretches[0].1, "missing is what is older than this");
    }

    #[test]
    fn a_table_without_an_index_is_read_through_once() {
        let rest = Rest::default();
        rest.offer(&around(false), &WEEK);
        assert_eq!(taken(&rest), [0]);
    }
}
