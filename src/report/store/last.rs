//! When each endpoint last succeeded and failed, and why it failed.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::NO_ANSWER;
use super::queue::Found;
use super::tally::Tally;
use crate::clock::Micros;

/// The last success and failure of each endpoint, in the hour that is known to have one: another sender's attempts
/// count, too.
const LAST: &str = "
    select p.at, p.is_success, (extract(epoch from l.created_at) * 1000000)::int8, s.response_status,
        case when s.response_status = 599 then s.response_data -> 'error' ->> 'kind' end
    from unnest($1::int4[], $2::uuid[], $3::bool[], $4::int8[]) as p (at, webhook_id, is_success, hour)
    cross join lateral (
        select a.created_at from webhook_delivery_attempts a
        where a.webhook_id = p.webhook_id
          and a.created_at >= to_timestamp(p.hour / 1000000.0)
          and a.created_at < to_timestamp(p.hour / 1000000.0) + interval '1 hour'
          and case when p.is_success then a.response_status between 200 and 299 else a.response_status >= 400 end
        order by a.created_at desc limit 1) l
    cross join lateral (
        select a.response_status, a.response_data from webhook_delivery_attempts a
        where a.webhook_id = p.webhook_id and a.created_at = l.created_at
          and case when p.is_success then a.response_status between 200 and 299 else a.response_status >= 400 end
        limit 1) s";

/// The last success or the last failure of an endpoint.
pub struct Last {
    /// Which endpoint.
    at: i32,
    is_success: bool,
    when: Micros,
    status: i32,
    /// Why there was no answer.
    kind: Option<String>,
}

/// Asks for what is not known already.
pub async fn find_last(tx: &mut PgConnection, tally: &Tally) -> Result<Vec<Last>, sqlx::Error> {
    let mut found = Vec::new();
    let (mut at, mut ids, mut kinds, mut hours) = (vec![], vec![], vec![], vec![]);
    for (index, (one, own)) in tally.endpoints.iter().zip(&tally.own).enumerate() {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        for (is_success, hour, known) in
            [(true, own.last[0], own.known[0]), (false, own.last[1], own.known[1])]
        {
            let Some(hour) = hour else { continue };
            match known {
                // Why there was no answer is in the attempt; and an hour of the future is later.
                Some((when, status)) if status != NO_ANSWER && when >= hour => {
                    found.push(Last { at: index, is_success, when, status, kind: None });
                }
                _ => {
                    at.push(index);
                    ids.push(one.endpoint.webhook_id);
                    kinds.push(is_success);
                    hours.push(hour);
                }
            }
        }
    }
    if !at.is_empty() {
        let query = sqlx::query(LAST).bind(at).bind(ids).bind(kinds).bind(hours);
        for row in query.persistent(false).fetch_all(tx).await? {
            found.push(last(&row)?);
        }
    }
    Ok(found)
}

fn last(row: &PgRow) -> Result<Last, sqlx::Error> {
    Ok(Last {
        at: row.try_get(0)?,
        is_success: row.try_get(1)?,
        when: row.try_get(2)?,
        status: row.try_get(3)?,
        kind: row.try_get(4)?,
    })
}

impl Last {
    pub fn tell(&self, endpoints: &mut [Found]) {
        let Some(one) = usize::try_from(self.at).ok().and_then(|at| endpoints.get_mut(at)) else { return };
        let endpoint = &mut one.endpoint;
        if self.is_success {
            endpoint.last_success_at = endpoint.last_success_at.max(Some(self.when));
        } else if endpoint.last_failure_at.is_none_or(|known| known < self.when) {
            endpoint.last_failure_at = Some(self.when);
            endpoint.last_failure = Some(match &self.kind {
                Some(kind) => format!("no answer: {kind}"),
                None => self.status.to_string(),
            });
        }
    }
}
