//! What an id, or the beginning of one, names: range scans on the keys.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::{Db, Trouble};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Event,
    Delivery,
    Attempt,
    /// A row of webhook_delivery_attempts that hookyard did not write.
    HostAttempt,
    Entry,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Event => "event",
            Kind::Delivery => "delivery",
            Kind::Attempt => "attempt",
            Kind::HostAttempt => "attempt of another sender",
            Kind::Entry => "entry",
        }
    }

    fn of(word: &str) -> Kind {
        match word {
            "event" => Kind::Event,
            "delivery" => Kind::Delivery,
            "attempt" => Kind::Attempt,
            "host" => Kind::HostAttempt,
            _ => Kind::Entry,
        }
    }
}

/// Each part stops after a few: what begins several ids is refused anyway.
const NAMED: &str = "
    (select 'event', v.id from hookyard.events v where v.id between $1 and $2 order by v.id limit 10)
    union all
    (select 'delivery', d.id from hookyard.deliveries d where d.id between $1 and $2 order by d.id limit 10)
    union all
    (select 'attempt', a.id from hookyard.attempts a where a.id between $1 and $2 order by a.id limit 10)
    union all
    (select 'host', h.id
     from (select w.id from webhook_delivery_attempts w where w.id between $1 and $2 order by w.id limit 10) h
     where not exists (select from hookyard.attempts a where a.id = h.id))
    union all
    (select distinct 'entry', n.entry_id
     from (select v.entry_id from hookyard.events v
           where v.entry_id between $1 and $2 order by v.entry_id limit 10) n)";

pub async fn find_named(db: &Db, low: Uuid, high: Uuid) -> Result<Vec<(Kind, Uuid)>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(NAMED).bind(low).bind(high).persistent(false);
        let rows = query.fetch_all(tx).await?;
        rows.iter().map(|row| Ok((Kind::of(row.try_get(0)?), row.try_get(1)?))).collect()
    })
    .await
}
