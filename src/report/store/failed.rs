//! Failures of the last 24 hours, grouped as the document groups them: of counted hours from their groups, of the rest of
//! the day from the attempts. An answer is known by its hash until it is told.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::Wish;
use crate::egress;
use crate::output;
use crate::report::figures::{Failed, FailedGroup};

#[derive(Default)]
pub struct FailedFound {
    pub failed: Failed,
    /// Attempts whose process died with them on the wire.
    pub interrupted: i64,
}

/// `rest` are the moments of the day that nobody has grouped; its failures are found for each `$of`, `$here`.
/// An answer is hashed as `hookyard.group_failures` hashes it: groups of both meet in one.
macro_rules! failed {
    ($with:literal, $of:literal, $here:literal) => {
        concat!(
            "with recursive grouped_hours as materialized (
                select c.hour from hookyard.counted_hours c
                where c.grouped_pass > 0 and c.hour > now() - interval '24 hours' and not $1
             ), rest as materialized (
                select greatest(h.hour, now() - interval '24 hours' + interval '1 microsecond') as since,
                    case when h.hour < date_trunc('hour', now(), 'UTC')
                        then h.hour + interval '1 hour' - interval '1 microsecond' else 'infinity' end as last
                from generate_series(date_trunc('hour', now() - interval '24 hours', 'UTC'),
                    date_trunc('hour', now(), 'UTC'), interval '1 hour') as h (hour)
                where h.hour not in (select g.hour from grouped_hours g)
             ), ",
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
            " group by 1, 2, 3) f
             ), grouped as (
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
/// From one status to the next along the documented index of failures.
const BY_STATUS: &str = failed!(
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
const BY_WEBHOOK: &str = failed!("", "webhooks o", "a.webhook_id = o.id");

/// `has_index`: that of failures, by status and time.
pub async fn list_failed(
    tx: &mut PgConnection,
    wish: &Wish,
    has_index: bool,
) -> Result<FailedFound, sqlx::Error> {
    let text = if has_index { BY_STATUS } else { BY_WEBHOOK };
    let mut found = FailedFound::default();
    // Live: no group is taken over.
    for row in sqlx::query(text).bind(wish.live).persistent(false).fetch_all(tx).await? {
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
