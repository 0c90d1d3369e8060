//! P9: `report health` over a long history, against the document's own GROUP BY on the same rows in the same run; warm,
//! right after heavy inserts, with and without what `database status` asks for where there are many, and what all of it
//! costs whoever inserts.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::Scale;
use crate::lab::{ENDPOINTS, Lab};
use crate::measure::{Row, median};

const LONG: Duration = Duration::from_secs(120);

/// The document's "Webhook reliability by endpoint", as it is printed.
fn naive(window: &str) -> String {
    format!(
        "SELECT
            w.url,
            COUNT(*) as total_attempts,
            COUNT(*) FILTER (WHERE wda.response_status BETWEEN 200 AND 299) as successes,
            COUNT(*) FILTER (WHERE wda.response_status >= 400) as failures,
            COUNT(*) FILTER (WHERE wda.response_status BETWEEN 200 AND 299) * 100.0 / COUNT(*) as success_rate
        FROM webhooks w
        JOIN webhook_delivery_attempts wda ON w.id = wda.webhook_id
        WHERE wda.created_at > NOW() - interval '{window}'
        GROUP BY w.url
        ORDER BY success_rate ASC"
    )
}

const BY_TIME: &str = "create index idx_webhook_delivery_attempts_created
    on webhook_delivery_attempts using brin (created_at) with (pages_per_range = 64, autosummarize = on)";

/// Attempts, documented and our own, evenly over the time before now; one of forty fails.
fn attempts(count: usize, time: &str) -> String {
    format!(
        "with made as materialized (
            select (left(hookyard.first_id(t)::text, 19) || substr(gen_random_uuid()::text, 20))::uuid as id, n, t,
                lpad((n::bigint * 7919 % {ENDPOINTS})::text, 32, '0')::uuid as webhook_id,
                case when n % 80 = 0 then 503 when n % 40 = 0 then 404 when n % 1000 = 1 then 302 else 200 end as status
            from (select n, now() - n * (interval '{time}' / {count}) as t from generate_series({count}, 1, -1) n) x
         ), documented as (
            insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status, created_at)
            select id, webhook_id, jsonb_build_object('event', 'REPORT_READY', 'entry_id', n, 'result', 'CLEAN'),
                case when status < 400 then '{{\"status\": \"received\"}}' else jsonb_build_object('code', n % 7) end::jsonb,
                status, t
            from made
         )
         insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
         select id, case status when 200 then 'accepted' when 302 then 'redirected' when 404 then 'rejected'
                else 'server_error' end,
            id, webhook_id, 1, t, (30000 * exp(random() * 3))::int8, status
         from made"
    )
}

async fn generate(lab: &Lab, count: usize) -> Result<()> {
    let begun = Instant::now();
    lab.clear().await?;
    // Filled without indexes, which are made again as they were.
    lab.db
        .batch_execute(
            "alter table webhook_delivery_attempts drop constraint webhook_delivery_attempts_pkey;
             alter table hookyard.attempts drop constraint attempts_pkey;
             drop index idx_webhook_delivery_attempts_webhook, idx_webhook_delivery_attempts_status,
                idx_webhook_delivery_attempts_created, hookyard.attempts_by_delivery;",
        )
        .await?;
    lab.db.batch_execute(&attempts(count, "30 days")).await?;
    lab.db
        .batch_execute(
            "alter table webhook_delivery_attempts add primary key (id);
             alter table hookyard.attempts add primary key (id);
             create index idx_webhook_delivery_attempts_webhook
                on webhook_delivery_attempts (webhook_id, created_at desc);
             create index idx_webhook_delivery_attempts_status
                on webhook_delivery_attempts (response_status, created_at desc) where response_status >= 400;
             create index attempts_by_delivery on hookyard.attempts (delivery_id, number);",
        )
        .await?;
    lab.db.batch_execute(BY_TIME).await?;
    lab.db.batch_execute("vacuum (analyze) webhook_delivery_attempts").await?;
    lab.db.batch_execute("vacuum (analyze) hookyard.attempts").await?;
    eprintln!("P9: {count} attempts in {:.0} s", begun.elapsed().as_secs_f64());
    count_hours(lab).await
}

/// As cron does, a quarter of a second in each run.
async fn count_hours(lab: &Lab) -> Result<()> {
    let (begun, mut runs) = (Instant::now(), 0);
    while lab.number(LEFT).await? > 0 {
        lab.run(&["webhook", "retry", "--quiet"], LONG).await?;
        runs += 1;
        ensure!(runs < 2000, "the hours are never counted");
    }
    eprintln!("P9: hours counted in {runs} runs, {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// The last three hours once more, as they were before the heavy inserts, but counted as they are written.
async fn write_counted(lab: &Lab, count: usize) -> Result<()> {
    lab.db
        .batch_execute(
            "delete from webhook_delivery_attempts where created_at >= now() - interval '3 hours';
             delete from hookyard.attempts where started_at >= now() - interval '3 hours';
             delete from hookyard.hours where hour >= now() - interval '4 hours';
             delete from hookyard.counted_hours where hour >= now() - interval '4 hours'",
        )
        .await?;
    lab.db.batch_execute("select hookyard.count_writes(true)").await?;
    lab.db.batch_execute(&attempts(count / 240, "3 hours")).await?;
    lab.db.batch_execute("vacuum (analyze) webhook_delivery_attempts").await?;
    lab.db.batch_execute("vacuum (analyze) hookyard.attempts").await?;
    count_hours(lab).await
}

/// Hours that are not counted, or whose failures are not grouped.
const LEFT: &str = "select (select count(*) from hookyard.uncounted_hour() h where h.hour is not null)
    + (select count(*) from hookyard.counted_hours c
       where c.grouped_pass < c.passes and c.hour > now() - interval '24 hours')";

/// In milliseconds: the document's query on the document's own indexes, and ours as the whole process.
async fn pair(lab: &Lab, documented: &str, window: &str) -> Result<(f64, f64)> {
    lab.db.batch_execute("begin; drop index idx_webhook_delivery_attempts_created").await?;
    let begun = Instant::now();
    lab.db.query(&naive(documented), &[]).await?;
    let theirs = begun.elapsed().as_secs_f64() * 1e3;
    lab.db.batch_execute("rollback").await?;
    let (ours, _) = lab.run(&["report", "health", "--json", "--window", window], LONG).await?;
    let ours = ours.as_secs_f64() * 1e3;
    eprintln!("P9 {window}: document's query {theirs:.0} ms, health {ours:.0} ms");
    Ok((theirs, ours))
}

async fn compare(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>, when: [&'static str; 2]) -> Result<()> {
    for (what, documented, window, least) in
        [(when[0], "24 hours", "24h", 15.0), (when[1], "7 days", "7d", 6.0)]
    {
        let (mut theirs, mut ours, mut ratios) = (vec![], vec![], vec![]);
        pair(lab, documented, window).await?;
        for _ in 0..scale.rounds {
            let (a, b) = pair(lab, documented, window).await?;
            theirs.push(a);
            ours.push(b);
            ratios.push(a / b);
        }
        let (ratio, ms) = (median(&ratios), median(&ours));
        let is_short = window == "24h";
        rows.push(Row {
            what,
            figure: format!("{ms:.0} ms = 1/{ratio:.0} of the document's query ({:.0} ms)", median(&theirs)),
            target: if is_short { "≤ 1/15, < 100 ms" } else { "≤ 1/6" },
            met: Some(ratio >= least && (!is_short || ms < 100.0)),
        });
    }
    Ok(())
}

/// Statements a second that write one attempt each, and wait for the disk.
async fn insert_one_by_one(lab: &Lab) -> Result<f64> {
    let one = lab
        .db
        .prepare(
            "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status)
             values (lpad('1', 32, '0')::uuid, '{\"event\": \"REPORT_READY\"}', '{\"status\": \"received\"}', 200)",
        )
        .await?;
    let begun = Instant::now();
    for _ in 0..3000 {
        lab.db.execute(&one, &[]).await?;
    }
    Ok(3e3 / begun.elapsed().as_secs_f64())
}

/// Attempts a second.
async fn insert(lab: &Lab) -> Result<f64> {
    let begun = Instant::now();
    lab.db.batch_execute(&attempts(100_000, "1 minute")).await?;
    Ok(1e5 / begun.elapsed().as_secs_f64())
}

pub async fn run(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    generate(lab, scale.history).await?;
    compare(lab, scale, rows, ["P9 health, 24 hours, warm", "P9 health, 7 days, warm"]).await?;
    lab.db.batch_execute(&attempts(scale.history / 100, "20 minutes")).await?;
    compare(
        lab,
        scale,
        rows,
        ["P9 the same right after 1 % more in one go, 24 hours", "P9 the same, 7 days"],
    )
    .await?;
    write_counted(lab, scale.history).await?;
    lab.db.batch_execute(&attempts(scale.history / 100, "20 minutes")).await?;
    compare(
        lab,
        scale,
        rows,
        ["P9 right after 1 % more, counted as written, 24 hours", "P9 the same, counted as written, 7 days"],
    )
    .await?;
    insert_counted(lab, scale, rows).await?;
    insert_indexed(lab, scale, rows).await
}

/// What it costs whoever inserts that his attempts are counted as he writes them.
async fn insert_counted(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    let (mut alone, mut counted, mut one, mut one_counted) = (vec![], vec![], vec![], vec![]);
    for _ in 0..scale.rounds {
        for (is_counted, many, single) in
            [("false", &mut alone, &mut one), ("true", &mut counted, &mut one_counted)]
        {
            lab.db.batch_execute(&format!("select hookyard.count_writes({is_counted})")).await?;
            many.push(insert(lab).await?);
            single.push(insert_one_by_one(lab).await?);
        }
    }
    lab.db.batch_execute("select hookyard.count_writes(false)").await?;
    for (what, with, without) in [
        ("P9 inserts of many attempts counted as written, against not", counted, alone),
        ("P9 inserts of one attempt counted as written, against not", one_counted, one),
    ] {
        let (with, without) = (median(&with), median(&without));
        rows.push(Row {
            what,
            figure: format!("{:.2} ({with:.0}/s against {without:.0}/s)", with / without),
            target: "≥ 0.7",
            met: Some(with / without >= 0.7),
        });
    }
    Ok(())
}

/// The index by time, and hours that are counted beside it.
async fn insert_indexed(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    let (mut without, mut alone, mut beside) = (vec![], vec![], vec![]);
    for _ in 0..scale.rounds {
        lab.db.batch_execute("drop index idx_webhook_delivery_attempts_created").await?;
        without.push(insert(lab).await?);
        lab.db.batch_execute(BY_TIME).await?;
        alone.push(insert(lab).await?);
        let other = lab.another().await?;
        other.batch_execute("truncate hookyard.hours, hookyard.counted_hours, hookyard.failed_hours").await?;
        let counting = other
            .batch_execute("select hookyard.count_hours('1 minute'), hookyard.group_failures('1 minute')");
        let (counted, rate) = tokio::join!(counting, insert(lab));
        counted?;
        beside.push(rate?);
    }
    let (none, a, b) = (median(&without), median(&alone), median(&beside));
    rows.push(Row {
        what: "P9 inserts of attempts with the index by time, against without",
        figure: format!("{:.2} ({a:.0}/s against {none:.0}/s)", a / none),
        target: "≥ 0.7",
        met: Some(a / none >= 0.7),
    });
    rows.push(Row {
        what: "P9 inserts of attempts while a month of hours is counted, against alone",
        figure: format!("{:.2} ({b:.0}/s against {a:.0}/s)", b / a),
        target: "≥ 0.7",
        met: Some(b / a >= 0.7),
    });
    Ok(())
}
