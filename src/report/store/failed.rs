//! Failures of the last 24 hours, grouped as the document groups them: of counted hours from their groups, of others from
//! what was counted as it was written, of the rest of the day from the attempts. An answer is known by its hash until it
//! is told.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::Wish;
use crate::clock::Micros;
use crate::egress;
use crate::output;
use crate::report::figures::{Failed, FailedGroup};

#[derive(Default)]
pub struct FailedFound {
    pub failed: Failed,
    /// Attempts whose process died with them on the wire.
    pub interrupted: i64,
}

/// `rest` are the moments of the day that nobody has grouped, but for `$not` and with `$later`; its failures are found for
/// each `$of`, `$here`. An answer is hashed as `hookyard.group_failures` hashes it: groups of all meet in one.
macro_rules! failed {
    ($with:literal, $of:literal, $here:literal; $written:literal, $not:literal, $later:literal, $as_written:literal) => {
        concat!(
            "with recursive grouped_hours as materialized (
                select c.hour from hookyard.counted_hours c
                where c.grouped_pass > 0 and c.hour > now() - interval '24 hours' and not $1
             ), ",
            $written,
            "rest as materialized (
                select greatest(h.hour, now() - interval '24 hours' + interval '1 microsecond') as since,
                    case when h.hour < date_trunc('hour', now(), 'UTC')
                        then h.hour + interval '1 hour' - interval '1 microsecond' else 'infinity' end as last
                from generate_series(date_trunc('hour', now() - interval '24 hours', 'UTC'),
                    date_trunc('hour', now(), 'UTC'), interval '1 hour') as h (hour)
                where h.hour not in (select g.hour from grouped_hours g)",
            $not,
            $later,
            "), ",
            $with,
            "found as (
                select f.webhook_id, f.response_status, f.answer, f.failures, f.is_interrupted, f.example_id
                from hookyard.failed_hours f
                where f.hour in (select g.hour from grouped_hours g)
                union all
                select f.* from rest r cross join ",
            $of,
            " cross join lateral (
                    select a.webhook_id, a.response_status, coalesce(jsonb_hash_extended(a.response_data, 0), 0),
                        count(*),
                        coalesce(bool_or(a.response_status = 599
                            and a.response_data -> 'error' ->> 'kind' = 'interrupted'), false),
                        max(a.id::text)::uuid
                    from webhook_delivery_attempts a
                    where a.created_at between r.since and r.last and a.response_status >= 400 and ",
            $here,
            " group by 1, 2, 3) f",
            $as_written,
            "), grouped as (
                select w.url::text, f.response_status, f.answer, sum(f.failures)::int8 as failures,
                    bool_or(f.is_interrupted) as is_interrupted, max(f.example_id::text)::uuid as example_id
                from found f join webhooks w on w.id = f.webhook_id
                group by w.url, f.response_status, f.answer
             ), most as (
                select g.*, count(*) over () as groups, (sum(g.failures) over ())::int8 as total,
                    coalesce((sum(g.failures) filter (where g.is_interrupted) over ()), 0)::int8 as interrupted
                from grouped g order by g.failures desc, g.response_status, g.url, g.answer limit 100
             )
             select m.url, m.response_status, left(e.response_data::text, 4000), m.failures, m.groups, m.total,
                m.interrupted
             from most m left join webhook_delivery_attempts e on e.id = m.example_id
             order by m.failures desc, m.response_status, m.url, m.answer"
        )
    };
}
/// With and without hours that were counted as they were written, of the moment of this look: from `$2` on, or later where
/// what they hold was removed since. The future is read from the attempts, for clocks can be wrong.
macro_rules! failed_both {
    ($with:literal, $of:literal, $here:literal) => {
        [
            failed!($with, $of, $here; "", "", "", ""),
            failed!($with, $of, $here;
                "written as materialized (
                    select h.hour
                    from generate_series(date_trunc('hour', now(), 'UTC') - interval '23 hours',
                        date_trunc('hour', now(), 'UTC'), interval '1 hour') as h (hour)
                    where h.hour >= (select greatest(to_timestamp($2 / 1000000.0), c.since) from hookyard.counted_writes c)
                        and h.hour not in (select c.hour from hookyard.counted_hours c)
                 ), ",
                " and h.hour not in (select w.hour from written w)",
                " union all
                  select w.hour + interval '1 hour', 'infinity' from written w
                  where w.hour = date_trunc('hour', now(), 'UTC')",
                " union all
                  select w.webhook_id, w.response_status, w.answer, sum(w.attempts)::int8, bool_or(w.is_interrupted),
                      max(w.example_id::text)::uuid
                  from hookyard.written_hours w
                  where w.response_status >= 400 and w.hour in (select h.hour from written h)
                  group by w.webhook_id, w.response_status, w.answer
                  having sum(w.attempts) > 0"
            ),
        ]
    };
}
/// From one status to the next along the documented index of failures.
const BY_STATUS: [&str; 2] = failed_both!(
    "statuses as (
        (select a.response_status as status from webhook_delivery_attempts a
         where a.response_status >= 400 order by a.response_status limit 1)
        union all
        select (select a.response_status from webhook_delivery_attempts a
                where a.response_status >= 400 and a.response_status > s.status
                order by a.response_status limit 1)
        from statuses s where s.status is not null
    ), ",
    "statuses o",
    "a.response_status = o.status"
);
/// Where that index is missing.
const BY_WEBHOOK: [&str; 2] = failed_both!("", "webhooks o", "a.webhook_id = o.id");

/// `has_index`: that of failures, by status and time. `written_since`: from this hour on attempts were counted as they were
/// written.
pub async fn list_failed(
    tx: &mut PgConnection,
    wish: &Wish,
    has_index: bool,
    written_since: Option<Micros>,
) -> Result<FailedFound, sqlx::Error> {
    let [without, with_written] = if has_index { BY_STATUS } else { BY_WEBHOOK };
    // Live: no group is taken over.
    let query = match written_since {
        Some(since) => sqlx::query(with_written).bind(wish.live).bind(since),
        None => sqlx::query(without).bind(wish.live),
    };
    let mut found = FailedFound::default();
    for row in query.persistent(false).fetch_all(tx).await? {
        let (url, data): (Option<String>, Option<String>) = (row.try_get(0)?, row.try_get(2)?);
        found.failed.groups_found = row.try_get(4)?;
        found.failed.total = row.try_get(5)?;
        found.interrupted = row.try_get(6)?;
        found.failed.groups.push(FailedGroup {
            url: url.as_deref().map(egress::shown),
            response_status: row.try_get(1)?,
            response_data: match data {
                Some(data) if wish.show_pii => data,
                Some(data) => output::masked(&data),
                None => "(the example of this answer is gone)".to_owned(),
            },
            failures: row.try_get(3)?,
        });
    }
    Ok(found)
}
