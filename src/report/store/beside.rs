//! What is read beside the attempts, in parts: whichever connection is ready takes the next.

use std::cell::RefCell;
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

fn parts(wish: &Wish) -> BTreeSet<Part> {
    let all = [Part::Failed, Part::Answers, Part::Schema, Part::Yardi, Part::Tool, Part::Queue];
    all.into_iter().filter(|part| wish.schema || *part != Part::Schema).collect()
}

#[derive(Default)]
pub struct Found {
    pub failed: FailedFound,
    /// Of the time that nobody has counted.
    pub answers: answers::Found,
    pub yardi: Yardi,
    pub tool: Tool,
    pub queue: Counted,
    wrong: Vec<String>,
}

pub struct Beside<'a> {
    wish: &'a Wish,
    /// What is not counted, and whether that is all.
    left: RefCell<(Vec<Stretch>, bool)>,
    open: RefCell<BTreeSet<Part>>,
    read: RefCell<BTreeSet<Part>>,
    found: RefCell<Found>,
}

impl<'a> Beside<'a> {
    pub fn new(wish: &'a Wish) -> Beside<'a> {
        let mut open = parts(wish);
        open.remove(&Part::Answers);
        Beside {
            wish,
            left: RefCell::default(),
            open: RefCell::new(open),
            read: RefCell::default(),
            found: RefCell::default(),
        }
    }

    /// As soon as it is known which of them to read.
    pub fn open_answers(&self, left: Vec<Stretch>, is_all: bool) {
        self.left.replace((left, is_all));
        self.open.borrow_mut().insert(Part::Answers);
    }

    /// Reads as long as there is a part that nobody has taken.
    pub async fn read(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        while let Some(part) = self.take() {
            self.read_part(tx, part).await?;
            self.read.borrow_mut().insert(part);
        }
        Ok(())
    }

    fn take(&self) -> Option<Part> {
        self.open.borrow_mut().pop_first()
    }

    async fn read_part(&self, tx: &mut PgConnection, part: Part) -> Result<(), sqlx::Error> {
        match part {
            Part::Failed => {
                let failed = failed::list_failed(tx, self.wish.live, self.wish.show_pii).await?;
                self.found.borrow_mut().failed = failed;
            }
            Part::Answers => {
                let (left, is_all) = self.left.borrow().clone();
                let answers = answers::find_rest(tx, &left, is_all).await?;
                self.found.borrow_mut().answers = answers;
            }
            Part::Schema => {
                let wrong = tool::list_wrong(tx).await?;
                self.found.borrow_mut().wrong = wrong;
            }
            Part::Yardi => {
                let yardi = yardi::find_yardi(tx).await?;
                self.found.borrow_mut().yardi = yardi;
            }
            Part::Tool => {
                let tool = tool::find_tool(tx).await?;
                self.found.borrow_mut().tool = tool;
            }
            Part::Queue => {
                let queue = queue::count_queue(tx).await?;
                self.found.borrow_mut().queue = queue;
            }
        }
        Ok(())
    }

    /// Whether a part was taken and not read.
    fn reopen(&self) -> bool {
        let missing = &parts(self.wish) - &self.read.borrow();
        let is_missing = !missing.is_empty();
        self.open.replace(missing);
        is_missing
    }

    /// Whoever had taken what is missing now had to begin anew.
    pub async fn complete(self, db: &Db) -> Result<Found, Trouble> {
        if self.reopen() {
            db.tx_reading(async |tx: &mut PgConnection| self.read(tx).await).await?;
        }
        let mut found = self.found.into_inner();
        found.tool.schema = std::mem::take(&mut found.wrong);
        found.tool.rescued = found.failed.interrupted;
        Ok(found)
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
        let taken: Vec<Part> = std::iter::from_fn(|| beside.take()).collect();
        assert_eq!(taken, [Part::Failed, Part::Schema, Part::Yardi, Part::Tool, Part::Queue]);
        beside.open_answers(vec![], false);
        assert_eq!(
            (beside.take(), beside.take()),
            (Some(Part::Answers), None),
            "not before it is known which"
        );
        beside.read.borrow_mut().extend([Part::Failed, Part::Answers, Part::Schema, Part::Queue]);
        assert!(beside.reopen());
        assert_eq!(
            (beside.take(), beside.take(), beside.take()),
            (Some(Part::Yardi), Some(Part::Tool), None)
        );
        beside.read.borrow_mut().extend([Part::Yardi, Part::Tool]);
        assert!(!beside.reopen());
        assert!(!parts(&wish[1]).contains(&Part::Schema), "nobody asked for it");
    }
}
