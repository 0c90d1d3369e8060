//! What is read beside the attempts, in parts: whichever connection is ready takes the next. What a look could not finish
//! is open again.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeSet;
use std::mem;

use sqlx::postgres::PgConnection;
use tokio::sync::Notify;

use super::failed::{self, FailedFound};
use super::hours::{self, Recent, Stretch};
use super::queue::{self, Counted};
use super::{Wish, answers, tool, yardi};
use crate::clock::Micros;
use crate::report::figures::{Tool, Yardi};

/// The longest first, so that both connections end at about the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Failed,
    Answers,
    Schema,
    Recent,
    Endpoints,
    Yardi,
    Tool,
    Queue,
}

/// Those that need to know what the attempts' look finds first.
const LATER: [Part; 3] = [Part::Failed, Part::Answers, Part::Recent];

/// The others.
fn parts(wish: &Wish) -> BTreeSet<Part> {
    let all = [Part::Schema, Part::Endpoints, Part::Yardi, Part::Tool, Part::Queue];
    all.into_iter().filter(|part| wish.schema || *part != Part::Schema).collect()
}

/// What the attempts' look finds first.
#[derive(Clone, Default)]
pub struct Known {
    /// What nobody has counted, and whether that is all.
    pub left: Vec<Stretch>,
    pub is_all: bool,
    pub has_failed_index: bool,
    /// The first hour of which attempts were counted as they were written.
    pub written_since: Option<Micros>,
    /// The hours that are counted, of those that are kept apart.
    pub recent: Vec<Micros>,
}

#[derive(Default)]
pub struct Found {
    pub failed: FailedFound,
    /// Of the time that nobody has counted.
    pub answers: answers::Found,
    pub yardi: Yardi,
    pub tool: Tool,
    pub queue: Counted,
}

pub struct Beside<'a> {
    wish: &'a Wish,
    state: RefCell<State>,
    /// A part is read, or open again.
    changed: Notify,
}

#[derive(Default)]
struct State {
    open: BTreeSet<Part>,
    read: BTreeSet<Part>,
    known: Known,
    found: Found,
    endpoints: Vec<queue::Found>,
    recent: Recent,
    wrong: Vec<String>,
}

/// Open again when it is dropped unread, as in a transaction that is broken off.
struct Taken<'a> {
    beside: &'a Beside<'a>,
    part: Part,
}

impl<'a> Beside<'a> {
    pub fn new(wish: &'a Wish) -> Beside<'a> {
        let state = RefCell::new(State { open: parts(wish), ..State::default() });
        Beside { wish, state, changed: Notify::new() }
    }

    /// Lets the parts be read that need to know it.
    pub fn open(&self, known: Known) {
        let mut state = self.state();
        state.known = known;
        state.open.extend(LATER);
        state.read.retain(|part| !LATER.contains(part));
    }

    /// Reads as long as there is a part that nobody has taken.
    pub async fn read(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        while let Some(taken) = self.take() {
            taken.read(tx).await?;
        }
        Ok(())
    }

    pub async fn find_endpoints(&self, tx: &mut PgConnection) -> Result<Vec<queue::Found>, sqlx::Error> {
        self.read_one(Part::Endpoints, tx).await?;
        Ok(self.state().endpoints.clone())
    }

    pub async fn find_recent(&self, tx: &mut PgConnection) -> Result<Recent, sqlx::Error> {
        self.read_one(Part::Recent, tx).await?;
        Ok(mem::take(&mut self.state().recent))
    }

    /// Or waits for whoever is at it, who holds a connection and goes on.
    async fn read_one(&self, part: Part, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        while !self.state().read.contains(&part) {
            match self.take_one(part) {
                Some(taken) => taken.read(tx).await?,
                None => self.changed.notified().await,
            }
        }
        Ok(())
    }

    /// When both looks are over, and with them every part.
    pub fn complete(self) -> Found {
        let State { mut found, wrong, .. } = self.state.into_inner();
        found.tool.schema = wrong;
        found.tool.rescued = found.failed.interrupted;
        found
    }

    fn take(&self) -> Option<Taken<'_>> {
        let part = self.state().open.pop_first()?;
        Some(Taken { beside: self, part })
    }

    fn take_one(&self, part: Part) -> Option<Taken<'_>> {
        self.state().open.remove(&part).then(|| Taken { beside: self, part })
    }

    fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }
}

impl Taken<'_> {
    async fn read(self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        let beside = self.beside;
        match self.part {
            Part::Failed => {
                let Known { has_failed_index, written_since, .. } = beside.state().known.clone();
                let failed = failed::list_failed(tx, beside.wish, has_failed_index, written_since).await?;
                beside.state().found.failed = failed;
            }
            Part::Answers => {
                let Known { left, is_all, .. } = beside.state().known.clone();
                let answers = answers::find_rest(tx, &left, is_all).await?;
                beside.state().found.answers = answers;
            }
            Part::Schema => {
                let wrong = tool::list_wrong(tx).await?;
                beside.state().wrong = wrong;
            }
            Part::Endpoints => {
                let endpoints = queue::list_endpoints(tx).await?;
                beside.state().endpoints = endpoints;
            }
            Part::Recent => {
                let counted = beside.state().known.recent.clone();
                let recent = hours::find_recent(tx, &counted).await?;
                beside.state().recent = recent;
            }
            Part::Yardi => {
                let yardi = yardi::find_yardi(tx).await?;
                beside.state().found.yardi = yardi;
            }
            Part::Tool => {
                let tool = tool::find_tool(tx).await?;
                beside.state().found.tool = tool;
            }
            Part::Queue => {
                let queue = queue::count_queue(tx).await?;
                beside.state().found.queue = queue;
            }
        }
        beside.state().read.insert(self.part);
        Ok(())
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.beside.state();
        if !state.read.contains(&self.part) {
            state.open.insert(self.part);
        }
        self.beside.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_taken_once_and_what_was_broken_off_again() {
        let wish = |schema| Wish { window_s: 60, live: false, show_pii: false, schema };
        let wish = [wish(true), wish(false)];
        let beside = Beside::new(&wish[0]);
        let all = || -> Vec<Taken> { std::iter::from_fn(|| beside.take()).collect() };
        let named = |taken: &[Taken]| -> Vec<Part> { taken.iter().map(|one| one.part).collect() };
        let first = all();
        assert_eq!(named(&first), [Part::Schema, Part::Endpoints, Part::Yardi, Part::Tool, Part::Queue]);
        assert!(beside.take_one(Part::Endpoints).is_none(), "somebody is at it");
        beside.open(Known::default());
        let later = all();
        assert_eq!(named(&later), LATER);
        beside.state().read.extend([Part::Schema, Part::Endpoints, Part::Tool, Part::Queue]);
        drop((first, later));
        assert!(beside.take_one(Part::Schema).is_none(), "it is read");
        assert_eq!(named(&all()), [Part::Failed, Part::Answers, Part::Recent, Part::Yardi]);
        assert!(beside.take_one(Part::Yardi).is_some(), "it was dropped unread");
        beside.state().read.extend(LATER);
        beside.open(Known::default());
        assert!(beside.state().read.is_disjoint(&LATER.into()), "to be read anew");
        assert!(!parts(&wish[1]).contains(&Part::Schema), "nobody asked for it");
    }
}
