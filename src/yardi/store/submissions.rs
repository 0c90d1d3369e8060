//! Results on their way back: what is due, what is being written, what became of it.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::super::account::Hidden;
use super::super::submit::{Candidate, Newest};
use super::micros;
use crate::db::{Db, Trouble};

/// The path from the link to the integration is the entry's property, and in one place.
const CANDIDATES: &str = concat!(
    "select y.entry_id, e.short_id, y.prospect_code::text, p.yardi_integration_id, p.property_id,
        p.yardi_property_id::text, p.deactivation_date is null, v.first_name::text,
        v.last_name::text, e.fraud_result, e.income_result, e.asset_result, e.report_url, ",
    micros!("e.completed_at"),
    ", case when s.last_submit_at is null then ",
    micros!("p.submit_date"),
    " else ",
    micros!("s.submitted_before"),
    " end,
        coalesce(m.integration_id <> p.yardi_integration_id, v.id is null and exists (
            select from yardi_invites o
            where o.prospect_code = y.prospect_code and o.yardi_integration_id <> p.yardi_integration_id)),
        b.id, b.state, b.revision, b.values_sha256, b.marker, e.applicant_full_name, b.class, m.tenant_code
     from yardi_entries y
     join hookyard.entry_payloads e on e.entry_id = y.entry_id
     join yardi_properties p on p.property_id::text = e.property_id
     left join hookyard.yardi_states s on s.property_id = p.property_id
     left join lateral (
        select m.integration_id, m.invite_id, m.tenant_code from hookyard.yardi_imports m where m.entry_id = y.entry_id limit 1
     ) m on true
     left join lateral (
        select v.id, v.first_name, v.last_name from yardi_invites v
        where v.prospect_code = y.prospect_code and v.yardi_integration_id = p.yardi_integration_id
        order by v.id = m.invite_id desc nulls last limit 1
     ) v on true
     left join lateral (
        select b.* from hookyard.yardi_submissions b where b.entry_id = y.entry_id order by b.revision desc limit 1
     ) b on true
     where p.yardi_integration_id = any ($1)
        and (($2::text is null and e.completed_at > (now() at time zone 'utc') - make_interval(secs => $3))
            or y.entry_id::text = lower($2) or e.short_id = $2)
     order by coalesce(b.state in ('accepted', 'refused'), false),
        case when b.state in ('accepted', 'refused') then null else e.completed_at end, e.completed_at desc, y.entry_id
     limit $4"
);

/// Completed so many seconds ago at most, or the one that is named by id or short id: so many, those that nobody has
/// settled first, the oldest of them at the head; then those that may have changed since, the newest at the head.
pub async fn list_candidates(
    db: &Db,
    integrations: &[Uuid],
    named: Option<&str>,
    within: f64,
    most: usize,
) -> Result<Vec<Candidate>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(CANDIDATES)
            .bind(integrations)
            .bind(named)
            .bind(within)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .persistent(false)
            .fetch_all(tx)
            .await?;
        rows.iter().map(candidate).collect()
    })
    .await
}

fn candidate(row: &PgRow) -> Result<Candidate, sqlx::Error> {
    let newest = match row.try_get::<Option<Uuid>, _>(16)? {
        Some(id) => Some(Newest {
            id,
            state: row.try_get(17)?,
            revision: row.try_get(18)?,
            values_sha256: row.try_get(19)?,
            marker: row.try_get(20)?,
            class: row.try_get(22)?,
        }),
        None => None,
    };
    let (mut first_name, mut last_name): (Option<String>, Option<String>) =
        (row.try_get(7)?, row.try_get(8)?);
    if first_name.is_none() && last_name.is_none() {
        let whole: Option<String> = row.try_get(21)?;
        let (first, last) = match whole.as_deref().map(str::trim).and_then(|name| name.rsplit_once(' ')) {
            Some((first, last)) => (Some(first.to_owned()), Some(last.to_owned())),
            None => (None, whole),
        };
        (first_name, last_name) = (first, last);
    }
    Ok(Candidate {
        entry_id: row.try_get(0)?,
        short_id: row.try_get(1)?,
        prospect_code: row.try_get(2)?,
        integration_id: row.try_get(3)?,
        property_id: row.try_get(4)?,
        property_code: row.try_get(5)?,
        property_active: row.try_get(6)?,
        first_name,
        last_name,
        fraud: row.try_get(9)?,
        income: row.try_get(10)?,
        asset: row.try_get(11)?,
        report_url: row.try_get::<Option<String>, _>(12)?.map(Hidden::new),
        completed_at: row.try_get(13)?,
        submitted_before: row.try_get(14)?,
        is_strange: row.try_get::<Option<bool>, _>(15)?.unwrap_or(false),
        tenant_code: row.try_get(23)?,
        newest,
    })
}

/// One write, before it leaves.
pub struct Begun<'a> {
    pub id: Uuid,
    pub candidate: &'a Candidate,
    pub revision: i32,
    pub values: &'a [u8],
    pub marker: &'a str,
    pub prospect: &'a str,
}

/// False where another run has begun the same revision, or the property has another integration by now.
pub async fn begin_submission(db: &Db, begun: &Begun<'_>) -> Result<bool, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "insert into hookyard.yardi_submissions as b (id, entry_id, revision, integration_id, property_id,
                prospect_code, values_sha256, marker, tries, tried_at)
             select $1, $2, $3, $4, $5, $6, $7, $8, 1, now()
             from yardi_properties p where p.property_id = $5 and p.yardi_integration_id = $4
             on conflict (entry_id, revision) do update
             set tries = b.tries + 1, tried_at = now(), values_sha256 = excluded.values_sha256, state = 'pending',
                finished_at = null
             where b.id = $1 and b.state <> 'accepted'
             returning b.id",
        )
        .bind(begun.id)
        .bind(begun.candidate.entry_id)
        .bind(begun.revision)
        .bind(begun.candidate.integration_id)
        .bind(begun.candidate.property_id)
        .bind(begun.prospect)
        .bind(begun.values)
        .bind(begun.marker)
        .persistent(false)
        .fetch_optional(tx)
        .await?;
        Ok(row.is_some())
    })
    .await
}

/// The documented stamp moves with the acceptance, and only with it.
pub async fn finish_accepted(db: &Db, id: Uuid, property: Uuid, detail: &str) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "with done as (
                update hookyard.yardi_submissions
                set state = 'accepted', finished_at = now(), class = null, detail = $3
                where id = $1 and state <> 'accepted'
                returning integration_id
             ), known as (
                insert into hookyard.yardi_states as s (property_id, integration_id, last_submit_at, submitted_before)
                select $2, d.integration_id, now(), p.submit_date
                from done d left join yardi_properties p on p.property_id = $2
                on conflict (property_id) do update
                set last_submit_at = now(), last_submit_error = null, last_submit_error_at = null,
                    submitted_before =
                        case when s.last_submit_at is null then excluded.submitted_before else s.submitted_before end
             )
             update yardi_properties p
             set submit_date = now() at time zone 'utc', updated_at = date_trunc('second', now() at time zone 'utc')
             from done
             where p.property_id = $2",
        )
        .bind(id)
        .bind(property)
        .bind(detail)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}

/// `state`: refused, unknown, or pending for what is tried again.
pub async fn finish_not_accepted(
    db: &Db,
    id: Uuid,
    property: Uuid,
    state: &str,
    class: &str,
    detail: &str,
) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "with done as (
                update hookyard.yardi_submissions
                set state = $3, class = $4, detail = $5, finished_at = case when $3 = 'refused' then now() end
                where id = $1 and state <> 'accepted'
                returning integration_id
             )
             insert into hookyard.yardi_states as s (property_id, integration_id, last_submit_error_at, last_submit_error)
             select $2, d.integration_id, now(), $4 || ': ' || $5 from done d
             on conflict (property_id) do update
             set last_submit_error_at = now(), last_submit_error = excluded.last_submit_error",
        )
        .bind(id)
        .bind(property)
        .bind(state)
        .bind(class)
        .bind(detail)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}

/// Of this entry, by id or short id: whether it has a link at all.
pub async fn find_link(db: &Db, named: &str) -> Result<Option<Uuid>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select y.entry_id from yardi_entries y
             join hookyard.entry_payloads e on e.entry_id = y.entry_id
             where y.entry_id::text = lower($1) or e.short_id = $1
             limit 1",
        )
        .bind(named)
        .persistent(false)
        .fetch_optional(tx)
        .await?;
        row.map(|row| row.try_get(0)).transpose()
    })
    .await
}
