//! Failures of the last 24 hours, grouped as the document groups them.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::egress;
use crate::output;
use crate::report::figures::{Failed, FailedGroup};

pub struct FailedFound {
    pub failed: Failed,
    /// Attempts whose process died with them on the wire.
    pub interrupted: i64,
}

macro_rules! failed {
    ($of:literal) => {
        concat!(
            $of,
            ", grouped as materialized (
                select w.url::text, f.response_status, f.response_data, sum(f.failures)::int8 as failures
                from failed f join webhooks w on w.id = f.webhook_id
                group by w.url, f.response_status, f.response_data)
             select g.url, g.response_status, left(g.response_data::text, 4000), g.failures,
                count(*) over (), (sum(g.failures) over ())::int8,
                coalesce((sum(g.failures) filter (where g.response_status = 599
                    and g.response_data -> 'error' ->> 'kind' = 'interrupted') over ()), 0)::int8
             from grouped g order by g.failures desc, g.response_status, g.url limit 100"
        )
    };
}
/// From one status to the next along the documented index of failures; grouped one status at a time, which also keeps
/// the server from reading all of that index for its times.
const FAILED_BY_STATUS: &str = failed!(
    "with recursive statuses as (
        (select a.response_status as status from webhook_delivery_attempts a
         where a.response_status >= 400 order by a.response_status limit 1)
        union all
        select (select a.response_status from webhook_delivery_attempts a
                where a.response_status >= 400 and a.response_status > s.status
                order by a.response_status limit 1)
        from statuses s where s.status is not null
    ), failed as (
        select f.* from statuses s cross join lateral (
            select a.webhook_id, a.response_status, a.response_data, count(*) as failures
            from webhook_delivery_attempts a
            where a.response_status = s.status and a.response_status >= 400
              and a.created_at > now() - interval '24 hours'
            group by 1, 2, 3) f
        where s.status is not null)"
);
/// Where that index is missing.
const FAILED_BY_WEBHOOK: &str = failed!(
    "with failed as (
        select f.* from webhooks w cross join lateral (
            select a.webhook_id, a.response_status, a.response_data, count(*) as failures
            from webhook_delivery_attempts a
            where a.webhook_id = w.id and a.response_status >= 400
              and a.created_at > now() - interval '24 hours'
            group by 1, 2, 3) f)"
);

const HAS_INDEX: &str = "
    select exists (select from pg_index x where x.indrelid = to_regclass('webhook_delivery_attempts')
        and x.indisvalid and x.indisready
        and pg_get_indexdef(x.indexrelid) like '%(response_status, created_at%')";

pub async fn list_failed(tx: &mut PgConnection, show_pii: bool) -> Result<FailedFound, sqlx::Error> {
    let has_index: bool = sqlx::raw_sql(HAS_INDEX).fetch_one(&mut *tx).await?.try_get(0)?;
    let text = if has_index { FAILED_BY_STATUS } else { FAILED_BY_WEBHOOK };
    let mut found = FailedFound { failed: Failed::default(), interrupted: 0 };
    for row in sqlx::raw_sql(text).fetch_all(tx).await? {
        let (url, data): (Option<String>, String) = (row.try_get(0)?, row.try_get(2)?);
        found.failed.groups_found = row.try_get(4)?;
        found.failed.total = row.try_get(5)?;
        found.interrupted = row.try_get(6)?;
        found.failed.groups.push(FailedGroup {
            url: url.as_deref().map(egress::shown),
            response_status: row.try_get(1)?,
            response_data: if show_pii { data } else { output::masked(&data) },
            failures: row.try_get(3)?,
        });
    }
    Ok(found)
}
