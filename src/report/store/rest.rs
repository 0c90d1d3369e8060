//! Attempts that nobody has counted, read by whichever look has time: each takes the newest batch that nobody has read.
//! What a look could not finish is open again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use tokio::sync::Notify;

use super::Surroundings;
use super::hours::{HOUR, Stretch};
use super::line::Line;
use super::pieces::{batches, length, pieces};
use super::tally::Tally;
use super::uncounted::{self, How};
use crate::clock::Micros;

/// Of the nine seconds that a look may take.
pub const BUDGET: Duration = Duration::from_secs(4);

/// So much is never too much.
const LITTLE: Micros = 3 * HOUR;

/// Shared by the looks at one report.
#[derive(Default)]
pub struct Rest {
    state: Mutex<State>,
    /// Somebody has read a batch, or given it up.
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// A look that begins anew offers anew; what was read of an earlier offer is worth nothing.
    offer: usize,
    now: Micros,
    batches: Vec<Vec<Stretch>>,
    /// How each is read.
    hows: Vec<How>,
    open: BTreeSet<usize>,
    taken: BTreeSet<usize>,
    read: BTreeMap<usize, Vec<Line>>,
    /// From when on the time counts, where there is more to read than a little.
    started: Option<Instant>,
    /// The first batch for which there was no time.
    unread: Option<usize>,
}

/// Open again when it is dropped unread, as in a transaction that is broken off.
struct Batch<'a> {
    rest: &'a Rest,
    offer: usize,
    at: usize,
    how: How,
    stretches: Vec<Stretch>,
    begun: Micros,
    remaining: Option<Duration>,
}

impl Rest {
    pub fn offer(&self, around: &Surroundings, left: &[Stretch]) {
        let begun = around.begun();
        let is_little = around.finds_times() && length(left, begun) <= LITTLE;
        // Where no index finds times, each day would read everything. A little is not cut: an index by time does not
        // know yet where the newest lie, so that each stretch looks at all of them.
        let batches = match (around.finds_times(), is_little) {
            (false, _) => vec![left.to_vec()],
            (true, true) => left.iter().rev().map(|stretch| vec![*stretch]).collect(),
            (true, false) => batches(pieces(left, begun), begun),
        };
        let mut state = self.state();
        *state = State {
            offer: state.offer + 1,
            hows: batches.iter().map(|batch| uncounted::how(around, batch)).collect(),
            now: around.now,
            open: (0..batches.len()).collect(),
            batches,
            started: (!is_little).then(Instant::now),
            ..State::default()
        };
    }

    /// Reads as long as there is something that nobody reads.
    pub async fn read(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        while self.read_one(tx).await? {}
        Ok(())
    }

    /// The newest batch that nobody reads; whether there was one.
    pub async fn read_one(&self, tx: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let Some(batch) = self.take() else { return Ok(false) };
        let what = (batch.stretches.as_slice(), batch.begun);
        let lines = uncounted::read(tx, batch.how, what, batch.remaining).await?;
        if batch.remaining.is_some() {
            sqlx::raw_sql("set local statement_timeout = '8s'").execute(tx).await?;
        }
        self.put(&batch, lines);
        Ok(true)
    }

    /// The same, and waits for what the other look reads; whoever has taken a batch holds a connection and goes on.
    pub async fn read_all(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        loop {
            self.read(tx).await?;
            if self.is_read() {
                return Ok(());
            }
            self.changed.notified().await;
        }
    }

    /// Adds what was read; where there was no time for all, the moment before which nothing was.
    pub fn add_to(&self, tally: &mut Tally) -> Option<Micros> {
        let state = self.state();
        for line in state.read.range(..state.unread.unwrap_or(usize::MAX)).flat_map(|(_, lines)| lines) {
            line.add_to(tally);
        }
        let newest = state.batches.get(state.unread?)?.first()?;
        Some(newest.1.unwrap_or(state.now))
    }

    fn take(&self) -> Option<Batch<'_>> {
        let mut state = self.state();
        let at = state.open.pop_first()?;
        state.taken.insert(at);
        Some(Batch {
            rest: self,
            offer: state.offer,
            at,
            how: *state.hows.get(at)?,
            stretches: state.batches.get(at)?.clone(),
            begun: state.now / HOUR * HOUR,
            remaining: state.started.map(|started| remaining(started, at)),
        })
    }

    /// None: there was no time.
    fn put(&self, batch: &Batch, lines: Option<Vec<Line>>) {
        let mut state = self.state();
        if batch.offer != state.offer || !state.taken.remove(&batch.at) {
            return;
        }
        match lines {
            Some(lines) => drop(state.read.insert(batch.at, lines)),
            None => {
                state.open.clear();
                state.unread = Some(state.unread.map_or(batch.at, |first| first.min(batch.at)));
            }
        }
        self.changed.notify_one();
    }

    fn is_read(&self) -> bool {
        let state = self.state();
        state.open.is_empty() && state.taken.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut state = self.rest.state();
        if self.offer == state.offer && state.taken.remove(&self.at) {
            state.open.insert(self.at);
            self.rest.changed.notify_one();
        }
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
        Surroundings { has_order: false, has_time_index, ..Surroundings::sample() }
    }

    const WEEK: [Stretch; 1] = [(1, None)];

    fn taken<'a>(rest: &'a Rest) -> Vec<Batch<'a>> {
        std::iter::from_fn(|| rest.take()).collect()
    }

    fn open(rest: &Rest) -> Vec<usize> {
        rest.state().open.iter().copied().collect()
    }

    #[test]
    fn each_batch_is_read_once_and_what_was_broken_off_again() {
        let rest = Rest::default();
        assert!(rest.take().is_none() && rest.is_read(), "nothing is offered yet");
        rest.offer(&around(true), &WEEK);
        let (first, second) = (rest.take().expect("a batch"), rest.take().expect("another"));
        assert_eq!((first.at, second.at), (0, 1), "the newest first");
        rest.put(&second, Some(vec![]));
        drop((first, second));
        assert_eq!(open(&rest), [0, 2, 3, 4]);
        let all = taken(&rest);
        assert!(!rest.is_read(), "somebody is at it");
        all.iter().for_each(|batch| rest.put(batch, Some(vec![])));
        assert!(rest.is_read());
        drop(all);
        assert!(rest.is_read(), "what is read stays read");
    }

    #[test]
    fn what_was_read_of_an_earlier_offer_is_not_counted() {
        let rest = Rest::default();
        rest.offer(&around(true), &WEEK);
        let (early, broken) = (rest.take().expect("a batch"), rest.take().expect("another"));
        rest.offer(&around(true), &WEEK);
        rest.put(&early, Some(vec![]));
        drop((early, broken));
        assert!(rest.state().read.is_empty());
        assert_eq!(open(&rest), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn nothing_older_counts_than_the_first_for_which_there_was_no_time() {
        let rest = Rest::default();
        rest.offer(&around(true), &WEEK);
        let all = taken(&rest);
        rest.put(&all[2], None);
        rest.put(&all[1], None);
        let mut tally = Tally::new(vec![], 0);
        assert_eq!(rest.add_to(&mut tally), all[1].stretches[0].1, "missing is what is older than this");
    }

    #[test]
    fn a_little_is_not_cut_and_a_table_without_an_index_is_read_at_once() {
        let rest = Rest::default();
        let little = [(76 * HOUR + 1, Some(77 * HOUR)), (99 * HOUR, None)];
        rest.offer(&around(true), &little);
        let found: Vec<_> = taken(&rest).iter().map(|batch| batch.stretches.clone()).collect();
        assert_eq!(found, [[little[1]], [little[0]]], "the newest first");
        rest.offer(&around(false), &[little[0], WEEK[0]]);
        assert_eq!(open(&rest), [0]);
    }
}
