//! Who stands in the way: the sessions that hold the locks a statement of ours gave up waiting for.
//!
//! Once a statement has given up, the server no longer says what it waited for; so every session that holds a lock
//! strong enough to stop us is named, with what it holds. The text of their statements is not read: it may hold
//! anything.

use std::fmt;

use sqlx::Row;

use super::{Db, Trouble};
use crate::failure::Failure;

/// A lock that somebody holds.
#[derive(Clone, Debug)]
pub struct Blocker {
    /// None: a prepared transaction, which no process holds.
    pub pid: Option<i32>,
    pub role: String,
    pub application: String,
    pub mode: String,
    pub on: String,
    pub seconds: Option<i64>,
}

/// Strong locks on tables; on our own tables also row writers that have been open for a second; and migrate's lock.
const HOLDERS: &str = "
    select distinct on (l.pid, held.on_what) l.pid, coalesce(a.usename, '') as role,
        coalesce(a.application_name, '') as application, l.mode, held.on_what,
        extract(epoch from now() - a.xact_start)::bigint as seconds
    from pg_locks l
    left join pg_stat_activity a on a.pid = l.pid
    left join pg_class c on c.oid = l.relation and c.relkind in ('r', 'p', 'v', 'm')
    left join pg_namespace n on n.oid = c.relnamespace
    cross join lateral (select case
        when l.locktype = 'advisory' then 'the right to migrate'
        when n.nspname = 'hookyard' then 'hookyard.' || c.relname
        else c.relname::text
    end as on_what) held
    where l.granted and l.pid is distinct from pg_backend_pid()
        and l.database = (select d.oid from pg_database d where d.datname = current_database())
        and (
            (l.locktype = 'advisory' and l.classid = 1751873892 and l.objid = 1 and l.objsubid = 2)
            or (l.locktype = 'relation' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and (
                l.mode in ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')
                or (n.nspname = 'hookyard' and l.mode in ('RowShareLock', 'RowExclusiveLock')
                    and a.xact_start < now() - interval '1 second')))
        )
    order by l.pid, held.on_what,
        array_position(array['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock',
            'RowExclusiveLock', 'RowShareLock'], l.mode)
    limit 10";

pub async fn find(db: &Db) -> Result<Vec<Blocker>, Trouble> {
    let rows =
        db.tx(async |connection| sqlx::query(HOLDERS).persistent(false).fetch_all(connection).await).await?;
    rows.iter()
        .map(|row| {
            Ok(Blocker {
                pid: row.try_get("pid")?,
                role: row.try_get("role")?,
                application: row.try_get("application")?,
                mode: row.try_get("mode")?,
                on: row.try_get("on_what")?,
                seconds: row.try_get("seconds")?,
            })
        })
        .collect::<Result<_, sqlx::Error>>()
        .map_err(|why| Trouble::of(why, db.place()))
}

/// The failure, with the names of those who hold locks as hints.
pub async fn named(db: &Db, failure: Failure) -> Failure {
    match find(db).await {
        Ok(blockers) => blockers.iter().fold(failure, |failure, blocker| failure.hint(blocker)),
        // The first trouble is the one to tell.
        Err(_) => failure,
    }
}

/// How a trouble reads to the end: a lock that was not given names its holders.
pub async fn explained(db: &Db, trouble: Trouble) -> Failure {
    let locked = trouble.is_lock_wait();
    let failure = Failure::from(trouble);
    if locked { named(db, failure).await } else { failure }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "pid {pid}")?,
            None => write!(f, "a prepared transaction")?,
        }
        let names: Vec<&str> = [self.application.as_str(), self.role.as_str()]
            .into_iter()
            .filter(|name| !name.is_empty())
            .collect();
        if !names.is_empty() {
            write!(f, " ({})", names.join(", "))?;
        }
        write!(f, " holds {} on {}", self.mode, self.on)?;
        if let Some(seconds) = self.seconds {
            write!(f, ", its transaction is {seconds} s old")?;
        }
        Ok(())
    }
}
