//! One property's answer written down: invites, entries, links, mails to be sent and last_poll_run, in one transaction
//! or not at all. What cannot be stored is found by splitting the group down to the row, and costs only itself.
//! Long because the transaction is told in one place.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{Error, Row};
use uuid::Uuid;

use super::super::integration::{Integration, Property};
use super::super::invite::{Candidate, Keeping, Tenant, judged};
use super::super::prospect::Prospect;
use crate::clock::Micros;
use crate::db::{Db, Trouble};
use crate::random::Random;
use crate::settings::Section;

/// Rows of one insert, at most.
const GROUP: usize = 500;

/// A believed answer, and whose it is.
pub struct Import<'a> {
    pub poll_id: Uuid,
    pub run_id: Uuid,
    pub integration: &'a Integration,
    pub property: &'a Property,
    /// The request's start, by the database's clock.
    pub started_at: Micros,
    pub window_from: Micros,
    pub moves_stamp: bool,
    /// People by the code that was asked for.
    pub answers: &'a [(String, Vec<Prospect>)],
    /// Rows of the answer that are no prospects, by reason.
    pub left_out: BTreeMap<String, usize>,
    pub section: &'a Section,
    pub mails: bool,
    pub ids: &'a Random,
}

/// What a poll came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub rows: usize,
    pub invites: usize,
    pub entries: usize,
    /// Flagged ones that could be entered at last.
    pub corrected: usize,
    pub known: usize,
    pub flagged: usize,
    pub mails: usize,
    pub skipped: BTreeMap<String, usize>,
    pub flags: BTreeMap<String, usize>,
}

/// The property is no longer what it was when it was asked about.
#[derive(Debug)]
pub enum Imported {
    Done(Counts),
    Moved,
}

/// Still the property that was asked about; and it stays so until the end, whatever its owner does meanwhile.
const STANDING: &str = "
    select 1 from yardi_properties
    where property_id = $1 and yardi_integration_id = $2 and yardi_property_id::text is not distinct from $3";
const STANDING_STILL: &str = "
    select 1 from yardi_properties
    where property_id = $1 and yardi_integration_id = $2 and yardi_property_id::text is not distinct from $3
    for no key update";

pub async fn import(db: &Db, import: &Import<'_>) -> Result<Imported, Trouble> {
    if faulty("early-stamp") {
        db.tx(async |tx: &mut PgConnection| stamp(tx, import).await).await?;
    }
    db.tx_long(async |tx: &mut PgConnection| {
        // Whoever else imports this property waits: the tables have no unique key for a person.
        if !faulty("no-property-lock") {
            sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 1751873893))")
                .bind(import.property.id.to_string())
                .persistent(false)
                .execute(&mut *tx)
                .await?;
        }
        if let Some(counts) = find_counts(tx, import.poll_id).await? {
            // A first try, whose commit went unanswered.
            return Ok(Imported::Done(counts));
        }
        let standing = sqlx::query(if faulty("no-property-lock") { STANDING } else { STANDING_STILL })
            .bind(import.property.id)
            .bind(import.integration.id)
            .bind(&import.property.code)
            .persistent(false)
            .fetch_optional(&mut *tx)
            .await?;
        if standing.is_none() {
            return Ok(Imported::Moved);
        }
        let mut counts = Counts { skipped: import.left_out.clone(), ..Counts::default() };
        counts.rows = import.left_out.values().sum();
        for (asked, prospects) in import.answers {
            answer(tx, import, asked, prospects, &mut counts).await?;
        }
        corrections(tx, import, &mut counts).await?;
        if faulty("linger-import") {
            sqlx::query("select pg_sleep(3)").persistent(false).execute(&mut *tx).await?;
        }
        finish(tx, import, &counts).await?;
        if faulty("stall-import") {
            sqlx::query("select pg_sleep(20)").persistent(false).execute(tx).await?;
        }
        Ok(Imported::Done(counts))
    })
    .await
}

/// Tests break what keeps persons single and stamps honest, to see the loss.
#[cfg(debug_assertions)]
fn faulty(kind: &str) -> bool {
    crate::env::test_fault(kind).is_some()
}

#[cfg(not(debug_assertions))]
fn faulty(_kind: &str) -> bool {
    false
}

async fn answer(
    tx: &mut PgConnection,
    import: &Import<'_>,
    asked: &str,
    prospects: &[Prospect],
    counts: &mut Counts,
) -> Result<(), Error> {
    let keeping = Keeping::new(import.section, prospects);
    counts.rows += prospects.len();
    for group in prospects.chunks(GROUP) {
        let mut candidates = Vec::with_capacity(group.len());
        for prospect in group {
            match keeping.leaves_out(prospect) {
                Some(why) => *counts.skipped.entry(why).or_default() += 1,
                None => match keeping.candidate(prospect, asked) {
                    Ok(candidate) => candidates.push(candidate),
                    Err(why) => *counts.skipped.entry(why.to_owned()).or_default() += 1,
                },
            }
        }
        let codes: Vec<&str> = candidates.iter().map(|one| one.code.as_str()).collect();
        let known = find_known(tx, import, asked, &codes, keeping.by_code_alone()).await?;
        let mut fresh = Vec::new();
        let mut corrected = Vec::new();
        let mut seen = HashSet::new();
        for candidate in candidates {
            let key = key(&candidate, keeping.by_code_alone());
            if let Some(standing) = known.get(&key) {
                match standing.waiting.filter(|_| candidate.enters) {
                    Some(id) if seen.insert(key) => corrected.push((id, candidate)),
                    _ => counts.known += 1,
                }
            } else if let Some(id) = loose(&known, &candidate).filter(|_| candidate.enters) {
                match seen.insert(key) {
                    true => corrected.push((id, candidate)),
                    false => counts.known += 1,
                }
            } else if seen.insert(key) {
                fresh.push((import.ids.id(import.started_at), candidate));
            } else {
                counts.known += 1;
            }
        }
        insert(tx, import, fresh, counts).await?;
        for (id, candidate) in corrected {
            correct(tx, import, id, &candidate, true, counts).await?;
        }
        let tenants = group.iter().filter_map(|prospect| keeping.tenant(prospect, asked)).collect();
        moved_in(tx, import, tenants, keeping.by_code_alone()).await?;
    }
    Ok(())
}

/// The codes as tenants of people who were imported, now or earlier.
async fn moved_in(
    tx: &mut PgConnection,
    import: &Import<'_>,
    tenants: Vec<Tenant>,
    by_code_alone: bool,
) -> Result<(), Error> {
    if tenants.is_empty() {
        return Ok(());
    }
    let column = |pick: fn(&Tenant) -> &str| -> Vec<&str> { tenants.iter().map(pick).collect() };
    sqlx::query(
        "update hookyard.yardi_imports m
         set tenant_code = r.tenant
         from unnest($2::text[]::varchar[], $3::text[], $4::text[], $5::text[])
            as r (code, first_name, last_name, tenant)
         join yardi_invites v on v.prospect_code = r.code and v.yardi_integration_id = $1
         where m.invite_id = v.id and m.integration_id = $1 and m.tenant_code is distinct from r.tenant
            and ($6 or (coalesce(v.first_name::text, ''), coalesce(v.last_name::text, ''))
                = (r.first_name, r.last_name))",
    )
    .bind(import.integration.id)
    .bind(column(|one| &one.person))
    .bind(column(|one| one.first_name.as_deref().unwrap_or_default()))
    .bind(column(|one| one.last_name.as_deref().unwrap_or_default()))
    .bind(column(|one| &one.code))
    .bind(by_code_alone)
    .persistent(false)
    .execute(tx)
    .await
    .map(|_| ())
}

/// Who a row is of: a code, or a code with the personal fields that tell roommates apart.
type Key = (String, String, String, String);

fn key(candidate: &Candidate, by_code_alone: bool) -> Key {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match by_code_alone {
        true => (candidate.code.clone(), String::new(), String::new(), String::new()),
        false => (
            candidate.code.clone(),
            candidate.email.as_deref().unwrap_or_default().to_lowercase(),
            text(&candidate.first_name),
            text(&candidate.last_name),
        ),
    }
}

struct Standing {
    /// The invite, where it is flagged and waits for a correction.
    waiting: Option<Uuid>,
}

/// A flagged invite of the same code and name, whose address was no address: now Yardi has one.
fn loose(known: &HashMap<Key, Standing>, candidate: &Candidate) -> Option<Uuid> {
    let unsent = Candidate { email: None, ..candidate.clone() };
    known.get(&key(&unsent, false)).and_then(|standing| standing.waiting)
}

async fn find_known(
    tx: &mut PgConnection,
    import: &Import<'_>,
    asked: &str,
    codes: &[&str],
    by_code_alone: bool,
) -> Result<HashMap<Key, Standing>, Error> {
    let rows = sqlx::query(
        "select v.prospect_code::text, lower(coalesce(v.email::text, '')), coalesce(v.first_name::text, ''),
            coalesce(v.last_name::text, ''), v.id, coalesce(m.state = 'flagged', false)
         from yardi_invites v
         left join hookyard.yardi_imports m on m.invite_id = v.id
         where v.yardi_integration_id = $1 and v.prospect_code = any ($2::text[]::varchar[])
            and lower(v.yardi_property_id::text) = lower($3)",
    )
    .bind(import.integration.id)
    .bind(codes)
    .bind(asked)
    .persistent(false)
    .fetch_all(tx)
    .await?;
    let mut known: HashMap<Key, Standing> = HashMap::with_capacity(rows.len());
    for row in rows {
        let code: String = row.try_get(0)?;
        let key = match by_code_alone {
            true => (code, String::new(), String::new(), String::new()),
            false => (code, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?),
        };
        let waiting = if row.try_get(5)? { Some(row.try_get::<Uuid, _>(4)?) } else { None };
        // One that was entered stands for the person, however many more there are.
        match known.get_mut(&key) {
            Some(standing) if waiting.is_none() => standing.waiting = None,
            Some(_) => {}
            None => drop(known.insert(key, Standing { waiting })),
        }
    }
    Ok(known)
}

const INSERT: &str = "
    with r as materialized (
        select * from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[],
            $10::text[]) as r (id, code, property_code, email, first_name, last_name, enters, flags)
    ), made as materialized (
        select r.id, case when r.enters
            then hookyard.create_entry($2::uuid, r.first_name, r.last_name, r.email, r.code) end as entry_id
        from r
    ), invites as (
        insert into yardi_invites (id, yardi_integration_id, prospect_code, yardi_property_id, snappt_property_id,
            email, first_name, last_name, inserted_at, updated_at)
        select r.id, $1, r.code, r.property_code, $11, r.email, r.first_name, r.last_name,
            date_trunc('second', now() at time zone 'utc'), date_trunc('second', now() at time zone 'utc')
        from r
    ), links as (
        insert into yardi_entries (entry_id, prospect_code, inserted_at, updated_at)
        select m.entry_id, r.code, date_trunc('second', now() at time zone 'utc'),
            date_trunc('second', now() at time zone 'utc')
        from made m join r on r.id = m.id
        where m.entry_id is not null
    ), imports as (
        insert into hookyard.yardi_imports (invite_id, state, integration_id, property_id, poll_id, entry_id, flags,
            note, entered_at)
        select r.id, case when m.entry_id is null then 'flagged' else 'entered' end, $1, $2, $12, m.entry_id,
            string_to_array(concat_ws(',', nullif(r.flags, ''),
                case when r.enters and m.entry_id is null then 'no_entry' end), ','),
            $13, case when m.entry_id is not null then now() end
        from made m join r on r.id = m.id
    ), mails as (
        insert into hookyard.mails (id, invite_id, integration_id, property_id, entry_id, address, property_name,
            custom_message)
        select hookyard.new_id(), r.id, $1, $2, m.entry_id, r.email, $14, $15
        from made m join r on r.id = m.id
        where m.entry_id is not null and r.email is not null and $16
        returning 1
    )
    select (select count(*) from made m where m.entry_id is not null), (select count(*) from mails)";

type Fresh = (Uuid, Candidate);

async fn insert(
    tx: &mut PgConnection,
    import: &Import<'_>,
    fresh: Vec<Fresh>,
    counts: &mut Counts,
) -> Result<(), Error> {
    let mut groups: Vec<(Vec<Fresh>, Option<String>)> = vec![(fresh, None)];
    while let Some((mut group, note)) = groups.pop() {
        if group.is_empty() {
            continue;
        }
        sqlx::raw_sql("savepoint rows").execute(&mut *tx).await?;
        match insert_group(tx, import, &group, note.as_deref()).await {
            Ok((entries, mails)) => {
                sqlx::raw_sql("release savepoint rows").execute(&mut *tx).await?;
                counts.invites += group.len();
                counts.entries += entries;
                counts.mails += mails;
                counts.flagged += group.len() - entries;
                for flag in group.iter().flat_map(|(_, one)| &one.flags) {
                    *counts.flags.entry((*flag).to_owned()).or_default() += 1;
                }
            }
            Err(why) if is_about_rows(&why) => {
                sqlx::raw_sql("rollback to savepoint rows").execute(&mut *tx).await?;
                if group.len() > 1 {
                    let rest = group.split_off(group.len() / 2);
                    groups.push((rest, None));
                    groups.push((group, None));
                    continue;
                }
                let said = told(&why);
                match group.pop() {
                    // The entry was refused: the invite is kept, and waits for a person.
                    Some((id, mut one)) if one.enters => {
                        one.enters = false;
                        one.flags.push("entry_refused");
                        groups.push((vec![(id, one)], Some(said)));
                    }
                    _ => *counts.skipped.entry(format!("cannot be stored: {said}")).or_default() += 1,
                }
            }
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

async fn insert_group(
    tx: &mut PgConnection,
    import: &Import<'_>,
    group: &[Fresh],
    note: Option<&str>,
) -> Result<(usize, usize), Error> {
    let column = |pick: fn(&Candidate) -> Option<&str>| -> Vec<Option<&str>> {
        group.iter().map(|(_, one)| pick(one)).collect()
    };
    let ids: Vec<Uuid> = group.iter().map(|(id, _)| *id).collect();
    let enters: Vec<bool> = group.iter().map(|(_, one)| one.enters).collect();
    let flags: Vec<String> = group.iter().map(|(_, one)| one.flags.join(",")).collect();
    let row = sqlx::query(INSERT)
        .bind(import.integration.id)
        .bind(import.property.id)
        .bind(ids)
        .bind(column(|one| Some(&one.code)))
        .bind(column(|one| Some(&one.property)))
        .bind(column(|one| one.email.as_deref()))
        .bind(column(|one| one.first_name.as_deref()))
        .bind(column(|one| one.last_name.as_deref()))
        .bind(enters)
        .bind(flags)
        .bind(&import.property.short_id)
        .bind(import.poll_id)
        .bind(note)
        .bind(&import.property.name)
        .bind(&import.integration.custom_message)
        .bind(import.mails)
        .persistent(false)
        .fetch_one(tx)
        .await?;
    Ok((number(row.try_get(0)?), number(row.try_get(1)?)))
}

/// Flagged invites that somebody has corrected in the table itself.
async fn corrections(tx: &mut PgConnection, import: &Import<'_>, counts: &mut Counts) -> Result<(), Error> {
    let rows = sqlx::query(
        "select v.id, v.prospect_code::text, v.yardi_property_id::text, coalesce(v.first_name::text, ''),
            coalesce(v.last_name::text, ''), v.email::text
         from hookyard.yardi_imports m
         join yardi_invites v on v.id = m.invite_id and v.yardi_integration_id = m.integration_id
         where m.property_id = $1 and m.integration_id = $2 and m.state = 'flagged' and v.email::text like '%@%'
            and not m.flags @> array['entry_refused'] and not m.flags @> array['no_entry']",
    )
    .bind(import.property.id)
    .bind(import.integration.id)
    .persistent(false)
    .fetch_all(&mut *tx)
    .await?;
    for row in rows {
        let text = |at: usize| -> Result<String, Error> {
            Ok(row.try_get::<Option<String>, _>(at)?.unwrap_or_default())
        };
        let candidate = judged(&text(1)?, &text(2)?, &text(3)?, &text(4)?, &text(5)?, false);
        if candidate.enters {
            correct(tx, import, row.try_get(0)?, &candidate, false, counts).await?;
        }
    }
    Ok(())
}

const CORRECT: &str = "
    with made as materialized (
        select hookyard.create_entry($2::uuid, $4, $5, $6, $7) as entry_id
    ), entered as (
        update hookyard.yardi_imports i
        set state = 'entered', entry_id = m.entry_id, entered_at = now(), poll_id = $8
        from made m
        where i.invite_id = $3 and i.state = 'flagged' and m.entry_id is not null
        returning i.entry_id
    ), links as (
        insert into yardi_entries (entry_id, prospect_code, inserted_at, updated_at)
        select e.entry_id, $7, date_trunc('second', now() at time zone 'utc'),
            date_trunc('second', now() at time zone 'utc')
        from entered e
    ), mails as (
        insert into hookyard.mails (id, invite_id, integration_id, property_id, entry_id, address, property_name,
            custom_message)
        select hookyard.new_id(), $3, $1, $2, e.entry_id, $6, $9, $10 from entered e where $11
        returning 1
    )
    select (select count(*) from entered), (select count(*) from mails)";

async fn correct(
    tx: &mut PgConnection,
    import: &Import<'_>,
    id: Uuid,
    candidate: &Candidate,
    from_yardi: bool,
    counts: &mut Counts,
) -> Result<(), Error> {
    sqlx::raw_sql("savepoint rows").execute(&mut *tx).await?;
    match corrected(tx, import, id, candidate, from_yardi).await {
        Ok((entered, mails)) => {
            sqlx::raw_sql("release savepoint rows").execute(&mut *tx).await?;
            counts.corrected += entered;
            counts.entries += entered;
            counts.mails += mails;
            counts.known += usize::from(entered == 0 && from_yardi);
            Ok(())
        }
        Err(why) if is_about_rows(&why) => {
            sqlx::raw_sql("rollback to savepoint rows").execute(&mut *tx).await?;
            counts.known += usize::from(from_yardi);
            sqlx::query(
                "update hookyard.yardi_imports
                 set note = $2, flags = case when flags @> array['entry_refused'] then flags
                    else array_append(flags, 'entry_refused') end
                 where invite_id = $1 and state = 'flagged'",
            )
            .bind(id)
            .bind(told(&why))
            .persistent(false)
            .execute(tx)
            .await
            .map(|_| ())
        }
        Err(why) => Err(why),
    }
}

async fn corrected(
    tx: &mut PgConnection,
    import: &Import<'_>,
    id: Uuid,
    candidate: &Candidate,
    from_yardi: bool,
) -> Result<(usize, usize), Error> {
    if from_yardi {
        sqlx::query(
            "update yardi_invites
             set email = $3, first_name = $4, last_name = $5, updated_at = date_trunc('second', now() at time zone 'utc')
             where id = $1 and yardi_integration_id = $2",
        )
        .bind(id)
        .bind(import.integration.id)
        .bind(&candidate.email)
        .bind(&candidate.first_name)
        .bind(&candidate.last_name)
        .persistent(false)
        .execute(&mut *tx)
        .await?;
    }
    let row = sqlx::query(CORRECT)
        .bind(import.integration.id)
        .bind(import.property.id)
        .bind(id)
        .bind(&candidate.first_name)
        .bind(&candidate.last_name)
        .bind(&candidate.email)
        .bind(&candidate.code)
        .bind(import.poll_id)
        .bind(&import.property.name)
        .bind(&import.integration.custom_message)
        .bind(import.mails)
        .persistent(false)
        .fetch_one(tx)
        .await?;
    Ok((number(row.try_get(0)?), number(row.try_get(1)?)))
}

async fn stamp(tx: &mut PgConnection, import: &Import<'_>) -> Result<(), Error> {
    if !import.moves_stamp {
        return Ok(());
    }
    // Never backwards past another run's, unless that stands in the future.
    sqlx::query(
        "update yardi_properties
         set last_poll_run = timestamp 'epoch' + $2::int8 * interval '1 microsecond',
            updated_at = date_trunc('second', now() at time zone 'utc')
         where property_id = $1
            and (last_poll_run is null or last_poll_run < timestamp 'epoch' + $2::int8 * interval '1 microsecond'
                or last_poll_run > now() at time zone 'utc')",
    )
    .bind(import.property.id)
    .bind(import.started_at)
    .persistent(false)
    .execute(tx)
    .await
    .map(|_| ())
}

/// The stamp, the property's state and the poll's own row.
async fn finish(tx: &mut PgConnection, import: &Import<'_>, counts: &Counts) -> Result<(), Error> {
    stamp(tx, import).await?;
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let told = json!({ "skipped": counts.skipped, "flags": counts.flags });
    sqlx::query(
        "with poll as (
            insert into hookyard.yardi_polls (id, state, run_id, integration_id, property_id, started_at, window_from,
                rows, invites, entries, corrected, known, flagged, mails, skipped)
            values ($1, 'imported', $2, $3, $4, timestamptz 'epoch' + $5::int8 * interval '1 microsecond',
                timestamptz 'epoch' + $6::int8 * interval '1 microsecond',
                $7, $8, $9, $10, $11, $12, $13, $14::jsonb)
         )
         insert into hookyard.yardi_states as s (property_id, integration_id, last_success_at, failures, last_poll_id,
            last_rows, last_invites, last_entries)
         values ($4, $3, now(), 0, $1, $7, $8, $9)
         on conflict (property_id) do update
         set integration_id = excluded.integration_id, last_success_at = now(), failures = 0,
            last_poll_id = excluded.last_poll_id, last_rows = excluded.last_rows,
            last_invites = excluded.last_invites, last_entries = excluded.last_entries",
    )
    .bind(import.poll_id)
    .bind(import.run_id)
    .bind(import.integration.id)
    .bind(import.property.id)
    .bind(import.started_at)
    .bind(import.window_from)
    .bind(count(counts.rows))
    .bind(count(counts.invites))
    .bind(count(counts.entries))
    .bind(count(counts.corrected))
    .bind(count(counts.known))
    .bind(count(counts.flagged))
    .bind(count(counts.mails))
    .bind(told.to_string())
    .persistent(false)
    .execute(tx)
    .await
    .map(|_| ())
}

async fn find_counts(tx: &mut PgConnection, poll: Uuid) -> Result<Option<Counts>, Error> {
    let row = sqlx::query(
        "select rows, invites, entries, corrected, known, flagged, mails, skipped::text
         from hookyard.yardi_polls where id = $1",
    )
    .bind(poll)
    .persistent(false)
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let count = |at: usize| -> Result<usize, Error> { Ok(number(i64::from(row.try_get::<i32, _>(at)?))) };
    #[derive(serde::Deserialize, Default)]
    struct Told {
        skipped: BTreeMap<String, usize>,
        flags: BTreeMap<String, usize>,
    }
    let told: Told = serde_json::from_str(row.try_get(7)?).unwrap_or_default();
    Ok(Some(Counts {
        rows: count(0)?,
        invites: count(1)?,
        entries: count(2)?,
        corrected: count(3)?,
        known: count(4)?,
        flagged: count(5)?,
        mails: count(6)?,
        skipped: told.skipped,
        flags: told.flags,
    }))
}

/// One row is at fault, or the company's function said no to it; not the schema, not the connection.
fn is_about_rows(why: &Error) -> bool {
    let Error::Database(error) = why else { return false };
    let code = error.code().unwrap_or_default();
    code.starts_with("22") || code.starts_with("23") || code.starts_with("P0") || code.starts_with("54")
}

/// By its code; of a broken rule also by its words, which name the rule. Other texts may repeat what a row holds.
fn told(why: &Error) -> String {
    let Error::Database(error) = why else { return "unknown".to_owned() };
    let code = error.code().unwrap_or_default();
    if code.starts_with("23") { format!("{} ({code})", error.message()) } else { format!("SQLSTATE {code}") }
}

fn number(count: i64) -> usize {
    usize::try_from(count).unwrap_or_default()
}
