//! Builds the document's indexes while writers go on, and rebuilds what an interrupted build left invalid.

use super::index::{self, State};
use super::store;
use crate::context::Context;
use crate::db::{Db, Trouble, blockers};
use crate::failure::Failure;

/// What became of one index.
pub struct Built {
    pub name: &'static str,
    pub what: &'static str,
    /// For the table's owner to type, when it was not done.
    pub why_not: Option<String>,
}

pub async fn build(context: &Context, db: &Db) -> Result<Vec<Built>, Failure> {
    let standing = store::list_indexes(db).await?;
    let mut built = Vec::new();
    for index in index::ALL {
        let state = index.state(&standing);
        let (what, is_invalid) = match state {
            State::Built => continue,
            State::Missing => ("built", false),
            State::Invalid => ("rebuilt", true),
            State::Building(pid) => {
                let why_not = Some(format!("pid {pid} is building it now"));
                built.push(Built { name: index.name, what: "left alone", why_not });
                continue;
            }
            State::NoTable => {
                let why_not = Some(format!("there is no table {}", index.table));
                built.push(Built { name: index.name, what: "not built", why_not });
                continue;
            }
        };
        if !index.is_ours_to_build(&standing) {
            let drop = if is_invalid { format!("{}; ", index.drop) } else { String::new() };
            let why_not = Some(format!("only the owner of {} can: {drop}{};", index.table, index.create));
            built.push(Built { name: index.name, what: "not built", why_not });
            continue;
        }
        context.printer.note(&format!("building {}; transactions open now are waited for", index.name));
        if is_invalid {
            done(db, store::delete_index(db, index).await).await?;
        }
        done(db, store::insert_index(db, index).await).await?;
        built.push(Built { name: index.name, what, why_not: None });
    }
    Ok(built)
}

/// A build that is cut short leaves an invalid index: the next run finds it.
async fn done(db: &Db, result: Result<(), Trouble>) -> Result<(), Failure> {
    let Err(trouble) = result else { return Ok(()) };
    let cancelled = trouble.code() == "57014";
    let failure = blockers::explained(db, trouble).await.context("an index could not be built");
    let failure =
        failure.hint("`hookyard database migrate --with-indexes` rebuilds what was left unfinished");
    Err(if cancelled {
        failure.hint("if the role's statement_timeout is short: alter role ... set statement_timeout = 0;")
    } else {
        failure
    })
}
