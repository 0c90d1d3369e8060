//! Is this database fit for us? Everything that is missing or wrong at once, before anything is sent, with what to
//! type. Inherited tables may differ in harmless ways; those are noted and stop nobody.

mod column;
mod expected;
mod facts;
mod judge;
mod relation;

pub use expected::Scope;
pub use facts::{Facts, Relation};
pub use judge::{FUNCTION_CONTRACT, Finding, Weight, view_contract};

use sqlx::postgres::PgConnection;

use super::{Db, Trouble, blockers};
use crate::context::Context;
use crate::failure::{Failure, Kind};

/// What a look at the catalog gives.
#[derive(Debug)]
pub struct Inspection {
    pub facts: Facts,
    pub findings: Vec<Finding>,
}

/// Lists everything, harmless differences included.
pub async fn inspect(db: &Db) -> Result<Inspection, Failure> {
    match db.tx(async |connection| judged(connection).await).await {
        Ok(inspection) => Ok(inspection),
        Err(trouble) => Err(blockers::explained(db, trouble).await),
    }
}

/// The same, within a transaction of somebody else's.
pub async fn judged(connection: &mut PgConnection) -> Result<Inspection, sqlx::Error> {
    let facts = facts::read(connection).await?;
    let findings = judge::judge(&facts, facts.uses_yardi());
    Ok(Inspection { facts, findings })
}

/// For every verb that delivers, before its first request: exit 4 with all that is missing.
pub async fn preflight(db: &Db) -> Result<(), Failure> {
    ready(db, Scope::Delivery).await
}

/// The same, for a verb that also makes events of entries out of the view.
pub async fn preflight_for_entries(db: &Db) -> Result<(), Failure> {
    ready(db, Scope::Entries).await
}

/// For `yardi poll` and whatever else writes to the Yardi tables; with the view for what sends results.
pub async fn preflight_for_yardi(db: &Db, with_entries: bool) -> Result<(), Failure> {
    let facts = inspect(db).await?.facts;
    let findings = judge::judge(&facts, true);
    let needed = |scope: Scope| with_entries || scope != Scope::Entries;
    told(&findings, |finding| needed(finding.scope))
}

/// An answer as it is, a failure with all that the database, once opened, has to say about it.
pub async fn told_to_the_end<T>(context: &Context, answer: Result<T, Failure>) -> Result<T, Failure> {
    match (answer, context.opened_db()) {
        (Err(failure), Some(db)) => Err(explained(db, failure).await),
        (answer, _) => answer,
    }
}

/// How a command's failure reads to the end: a lock that was not given names its holders, and what is missing in the
/// middle of a run is told with all else that is missing.
pub async fn explained(db: &Db, failure: Failure) -> Failure {
    let Some(trouble) = failure.source.downcast_ref::<Trouble>() else { return failure };
    if trouble.is_lock_wait() {
        return blockers::named(db, failure).await;
    }
    if trouble.is_about_schema()
        && let Err(all) = preflight(db).await
        && all.kind == Kind::Blocked
    {
        return all;
    }
    failure
}

/// Whoever is stopped hears of everything that is wrong, not only of what stopped him.
async fn ready(db: &Db, scope: Scope) -> Result<(), Failure> {
    let inspection = inspect(db).await?;
    told(&inspection.findings, |finding| finding.scope <= scope)
}

fn told(findings: &[Finding], stops: impl Fn(&Finding) -> bool) -> Result<(), Failure> {
    let wrong: Vec<&Finding> = findings.iter().filter(|finding| finding.weight == Weight::Wrong).collect();
    if !wrong.iter().any(|finding| stops(finding)) {
        return Ok(());
    }
    let lines: String = wrong.iter().map(|finding| format!("\n  - {}", finding.what)).collect();
    let mut failure = Failure::blocked(format!("the database is not ready:{lines}"));
    let mut told: Vec<&str> = Vec::new();
    for fix in wrong.iter().filter_map(|finding| finding.fix.as_deref()) {
        if !told.contains(&fix) {
            told.push(fix);
            failure = failure.hint(fix);
        }
    }
    Err(failure.hint("`hookyard database status` shows all of it"))
}
