//! What is read beside the attempts, in parts: whichever connection is ready takes the next.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;

use super::failed::{self, FailedFound};
use super::hours::Stretch;
use super::queue::{self, Counted};
use super::{Wish, answers, tool, yardi};
use crate::db::{Db, Trouble};
use crate::report::figures::{Tool, Yardi};

/// The longest first, so that both connections end at about the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Failed,
    Answers,
    Schema,
    Yardi,
    Tool,
    Queue,
}

/// Those that need to know what the attempts' look finds first.
const LATER: [Part; 2] = [Part::Failed, Part::Answers];

fn parts(wish: &Wish) -> BTreeSet<Part> {
    let all = [Part::Failed, Part::Answers, Part::Schema, Part::Yardi, Part::Tool, Part::Queue];
    all.into_iter().filter(|part| wish.schema || *part != Part::Schema).collect()
}

/// What the attempts' look finds first.
#[derive(Clone, Default)]
pub struct Known {
    /// What nobody has counted, and whether that is all.
    pub left: Vec<Stretch>,
    pub is_all: bool,
    pub has_failed_index: bool,
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
}

#[derive(Default)]
struct State {
    open: BTreeSet<Part>,
    read: BTreeSet<Part>,
    known: Known,
    found: Found,
    wrong: Vec<String>,
}

impl<'a> Beside<'a> {
    pub fn new(wish: &'a Wish) -> Beside<'a> {
        let open = &parts(wish) - &BTreeSet::from(LATER);
        Beside { wish, state: RefCell::new(State { open, ..State::default() }) }
    }

    /// Lets the parts be read that need to know it.
    pub fn open(&self, known: Known) {
        let mut state = self.state();
        state.known = known;
        state.open.extend(LATER);
    }

    /// Reads as long as there is a part that nobody has taken.
    pub async fn read(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        while let Some(part) = self.take() {
            self.read_part(tx, part).await?;
            self.state().read.insert(part);
        }
        Ok(())
    }

    async fn read_part(&self, tx: &mut PgConnection, part: Part) -> Result<(), sqlx::Error> {
        match part {
            Part::Failed => {
                let has_index = self.state().known.has_failed_index;
                let failed = failed::list_failed(tx, self.wish, has_index).await?;
                self.state().found.failed = failed;
            }
            Part::Answers => {
                let Known { left, is_all, .. } = self.state().known.clone();
                let answers = answers::find_rest(tx, &left, is_all).await?;
                self.state().found.answers = answers;
            }
            Part::Schema => {
                let wrong = tool::list_wrong(tx).await?;
                self.state().wrong = wrong;
            }
            Part::Yardi => {
                let yardi = yardi::find_yardi(tx).await?;
                self.state().found.yardi = yardi;
            }
            Part::Tool => {
                let tool = tool::find_tool(tx).await?;
                self.state().found.tool = tool;
            }
            Part::Queue => {
                let queue = queue::count_queue(tx).await?;
                self.state().found.queue = queue;
            }
        }
        Ok(())
    }

    /// Whoever had taken what is missing now had to begin anew.
    pub async fn complete(self, db: &Db) -> Result<Found, Trouble> {
        if self.reopen() {
            db.tx_reading(async |tx: &mut PgConnection| self.read(tx).await).await?;
        }
        let State { mut found, wrong, .. } = self.state.into_inner();
        found.tool.schema = wrong;
        found.tool.rescued = found.failed.interrupted;
        Ok(found)
    }

    fn take(&self) -> Option<Part> {
        self.state().open.pop_first()
    }

    /// Whether a part was taken and not read.
    fn reopen(&self) -> bool {
        let mut state = self.state();
        state.open = &parts(self.wish) - &state.read;
        !state.open.is_empty()
    }

    fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
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
        let taken = || -> Vec<Part> { std::iter::from_fn(|| beside.take()).collect() };
        assert_eq!(taken(), [Part::Schema, Part::Yardi, Part::Tool, Part::Queue]);
        beside.open(Known::default());
        assert_eq!(taken(), LATER);
        beside.state().read.extend([Part::Failed, Part::Answers, Part::Schema, Part::Queue]);
        assert!(beside.reopen());
        assert_eq!(taken(), [Part::Yardi, Part::Tool]);
        beside.state().read.extend([Part::Yardi, Part::Tool]);
        assert!(!beside.reopen());
        assert!(!parts(&wish[1]).contains(&Part::Schema), "nobody asked for it");
    }
}
