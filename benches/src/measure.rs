//! The measurements, in alternated rounds. Every figure is the median of its rounds, and every rate is told as a
//! ratio to R, the raw rate measured in the same round.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::health;
use crate::kill;
use crate::lab::{ENDPOINTS, Lab, payload};
use crate::load;
use crate::process::{self, Spent};
use crate::{Scale, micros};

const LONG: Duration = Duration::from_secs(900);

pub struct Row {
    pub what: &'static str,
    pub figure: String,
    pub target: &'static str,
    pub met: Option<bool>,
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len() as f64 * q).ceil() as usize).saturating_sub(1);
    values.get(at).copied().unwrap_or(f64::NAN)
}

fn spread(values: &[f64]) -> String {
    let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
    format!("{least:.2}–{most:.2}")
}

/// One drain of a full queue.
struct Drain {
    rate: f64,
    spent: Spent,
    server_us: f64,
    receiver_us: f64,
    commits: f64,
}

async fn drain(lab: &Lab, deliveries: usize) -> Result<Drain> {
    lab.clear().await?;
    lab.fill(deliveries).await?;
    lab.settle().await?;
    let commits = lab.commits().await?;
    let (server, receiver) = (lab.server_cpu(), lab.receiver_cpu());
    let (took, spent) = lab.run(&["webhook", "retry", "--quiet"], LONG).await?;
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / deliveries as f64;
    let (server_us, receiver_us) = (each(lab.server_cpu() - server), each(lab.receiver_cpu() - receiver));
    let commits = (lab.commits().await? - commits) as f64 / deliveries as f64;
    lab.prove(deliveries).await?;
    eprintln!(
        "  drained {deliveries}: {:.0}/s, CPU per delivery: sender {:.1} µs, Postgres {server_us:.1}, receiver {receiver_us:.1}; peak {} KiB, {commits:.4} commits each",
        deliveries as f64 / took.as_secs_f64(),
        each(spent.cpu),
        spent.peak_kib
    );
    Ok(Drain { rate: deliveries as f64 / took.as_secs_f64(), spent, server_us, receiver_us, commits })
}

pub async fn all(lab: &Lab, scale: &Scale) -> Result<()> {
    let mut rows = Vec::new();
    if scale.wants("P1") {
        speed(lab, scale, &mut rows).await?;
    }
    if scale.wants("P3") {
        memory(lab, scale, &mut rows).await?;
    }
    if scale.wants("P4") {
        durable(lab, scale, &mut rows).await?;
    }
    if scale.wants("P5") {
        punctual(lab, scale, &mut rows).await?;
    }
    if scale.wants("P6") {
        hang(lab, scale, &mut rows).await?;
    }
    if scale.wants("P8") {
        nothing(lab, &mut rows).await?;
    }
    if scale.wants("P9") {
        health::run(lab, scale, &mut rows).await?;
    }
    if scale.wants("P11") {
        sustained(lab, scale, &mut rows).await?;
    }
    if scale.wants("kill") {
        crashes(lab, scale, &mut rows).await?;
    }
    print(lab, scale, &rows).await
}

/// P1, P2 and P3's CPU: raw load, hookyard and the Python loop take turns.
async fn speed(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    let python = if scale.wants("P2") { python(lab).ok() } else { None };
    let (mut raw, mut rates, mut ratios, mut cpu, mut factors) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut server, mut receiver) = (vec![], vec![]);
    for round in 1..=scale.rounds {
        eprintln!("P1 round {round}");
        lab.clear().await?;
        let r = load::run(lab.receiver_port, 64, Duration::from_secs(scale.seconds)).await?;
        let drained = drain(lab, scale.deliveries).await?;
        raw.push(r);
        rates.push(drained.rate);
        ratios.push(drained.rate / r);
        cpu.push(drained.spent.cpu.as_secs_f64() * 1e6 / scale.deliveries as f64);
        server.push(drained.server_us);
        receiver.push(drained.receiver_us);
        if let Some(python) = &python {
            factors.push(drained.rate / python_loop(lab, python, scale.seconds).await?);
        }
        eprintln!("  R {r:.0}/s, ratio {:.3}", drained.rate / r);
    }
    let ratio = median(&ratios);
    rows.push(Row {
        what: "R: raw POSTs, 64 connections, 1 KB",
        figure: format!("{:.0}/s", median(&raw)),
        target: "",
        met: None,
    });
    rows.push(Row {
        what: "P1 drain to 50 endpoints, every attempt durable",
        figure: format!("{:.0}/s = {ratio:.3} R (rounds {})", median(&rates), spread(&ratios)),
        target: "≥ 0.20 R, goal 0.25 R",
        met: Some(ratio >= 0.20),
    });
    if factors.is_empty() {
        rows.push(Row {
            what: "P2 against psycopg + requests",
            figure: "not measured: no venv or no pip".into(),
            target: "≥ 25 ×",
            met: None,
        });
    } else {
        let factor = median(&factors);
        rows.push(Row {
            what: "P2 against psycopg + requests",
            figure: format!("{factor:.0} × (its loop: {:.0}/s)", median(&rates) / factor),
            target: "≥ 25 ×",
            met: Some(factor >= 25.0),
        });
    }
    let us = median(&cpu);
    rows.push(Row {
        what: "P3 sender CPU per delivery",
        figure: format!(
            "{us:.1} µs (Postgres {:.1} µs, receiver {:.1} µs)",
            median(&server),
            median(&receiver)
        ),
        target: "≤ 25 µs",
        met: Some(us <= 25.0),
    });
    Ok(())
}

/// A venv in a folder that goes with the lab.
fn python(lab: &Lab) -> Result<std::path::PathBuf> {
    let venv = lab.folder().join("venv");
    let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    ensure!(quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv))?.success(), "no venv");
    let python = venv.join("bin/python");
    let pip = quiet(Command::new(&python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "psycopg[binary]",
        "requests",
    ]))?;
    ensure!(pip.success(), "pip install failed");
    Ok(python)
}

async fn python_loop(lab: &Lab, python: &std::path::Path, seconds: u64) -> Result<f64> {
    lab.clear().await?;
    lab.fill(10_000).await?;
    lab.settle().await?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/loop.py");
    let mut child = Command::new(python);
    let child = child.args([script, &lab.url(), &seconds.to_string()]).stdout(Stdio::null()).spawn()?;
    process::ended(&child, Duration::from_secs(seconds + 30)).await?;
    let counts = lab.counts().await?;
    eprintln!("  Python loop: {:.0}/s", counts.rate());
    Ok(counts.rate())
}

async fn memory(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    let few = drain(lab, 1000).await?.spent.peak_kib as f64 / 1024.0;
    let many = drain(lab, scale.many).await?.spent.peak_kib as f64 / 1024.0;
    rows.push(Row {
        what: "P3 peak RSS at 64 in flight",
        figure: format!("{many:.1} MiB over {} deliveries, {few:.1} MiB over 1000", scale.many),
        target: "≤ 32 MB; + 8 MB at most",
        met: Some(many <= 30.5 && many - few <= 7.6),
    });
    Ok(())
}

/// P4: from the moment an endpoint had it to the commit of its attempt, at full rate.
async fn durable(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    let (mut late, mut commits) = (vec![], vec![]);
    for _ in 0..scale.rounds {
        let drained = drain(lab, scale.deliveries).await?;
        commits.push(drained.commits);
        let seen = kill::log(lab).await?;
        let sql = "select d.event_id, (extract(epoch from pg_xact_commit_timestamp(a.xmin)) * 1000000)::int8
             from hookyard.attempts a join hookyard.deliveries d on d.id = a.delivery_id";
        let mut waits: Vec<f64> = lab
            .db
            .query(sql, &[])
            .await?
            .iter()
            .filter_map(|row| {
                let id: uuid::Uuid = row.get(0);
                Some((row.get::<_, i64>(1) - seen.get(&id.as_u128())?) as f64 / 1000.0)
            })
            .collect();
        late.push(quantile(&mut waits, 0.99));
    }
    let (p99, each) = (median(&late), median(&commits));
    rows.push(Row {
        what: "P4 delivered → durable, p99 at full rate",
        figure: format!("{p99:.1} ms"),
        target: "≤ 50 ms",
        met: Some(p99 <= 50.0),
    });
    rows.push(Row {
        what: "P4 commits per delivery",
        figure: format!("{each:.4}"),
        target: "≤ 0.1",
        met: Some(each <= 0.1),
    });
    Ok(())
}

/// Insert events at a steady rate whatever becomes of them (an open loop), until the time is over.
async fn feed(lab: &Lab, rate: u64, time: Duration, in_bulk: bool) -> Result<u64> {
    let db = lab.another().await?;
    // The queue is empty when this session first checks a foreign key, and a plan made then scans it for ever.
    db.batch_execute("set enable_seqscan = off; set jit = off").await?;
    let sql = format!(
        "select hookyard.insert_event('REPORT_READY', replace($1::text, '@@@@@@@@@@@@', lpad(n::text, 12, '0')), null, null,
             array[lpad((n % {ENDPOINTS})::text, 32, '0')::uuid], null, false)
         from generate_series($2::int8, $3::int8) n"
    );
    let statement = db.prepare(&sql).await?;
    let body = payload("@@@@@@@@@@@@");
    let (begun, mut sent) = (Instant::now(), 0);
    let step = Duration::from_millis(2);
    let mut next = begun;
    while begun.elapsed() < time {
        let due = (begun.elapsed().as_secs_f64() * rate as f64) as u64;
        if due > sent {
            let count = (due - sent).min(500);
            if in_bulk {
                db.batch_execute(&crate::lab::events(sent, count)).await?;
            } else {
                db.query(&statement, &[&body, &(sent as i64), &((sent + count - 1) as i64)]).await?;
            }
            sent += count;
        }
        next += step;
        tokio::time::sleep_until(next.into()).await;
    }
    Ok(sent)
}

/// P5: from due to received, in `--watch`, and what idling costs.
async fn punctual(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    let (mut late, mut idle) = (vec![], vec![]);
    for _ in 0..scale.rounds {
        lab.clear().await?;
        lab.settle().await?;
        let child = lab.hookyard(&["webhook", "retry", "--watch", "--quiet"]).spawn()?;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let (before, begun) = (process::usage(child.id())?.0, Instant::now());
        let server = lab.server_cpu();
        tokio::time::sleep(Duration::from_secs(scale.seconds * 2)).await;
        let passed = begun.elapsed().as_secs_f64();
        idle.push((process::usage(child.id())?.0 - before).as_secs_f64() * 100.0 / passed);
        let server_idle = (lab.server_cpu() - server).as_secs_f64() * 100.0 / passed;
        // The first second wakes a sleeper, which may take its longest pause; the figure is for the flow.
        let flowing = micros() + 1_000_000;
        let sent = feed(lab, 2000, Duration::from_secs(scale.seconds * 2 + 1), false).await?;
        let begun = Instant::now();
        while lab.counts().await?.ids < sent {
            ensure!(begun.elapsed() < Duration::from_secs(30), "the watch does not catch up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        process::kill(&child, libc::SIGTERM);
        process::ended(&child, Duration::from_secs(20)).await?;
        lab.prove(sent as usize).await?;
        let seen = kill::log(lab).await?;
        let sql =
            "select event_id, (extract(epoch from created_at) * 1000000)::int8 from hookyard.deliveries";
        let mut waits: Vec<f64> = lab
            .db
            .query(sql, &[])
            .await?
            .iter()
            .filter_map(|row| {
                let (id, due): (uuid::Uuid, i64) = (row.get(0), row.get(1));
                let seen = seen.get(&id.as_u128())?;
                (due >= flowing).then(|| (seen - due) as f64 / 1000.0)
            })
            .collect();
        let (half, p99) = (quantile(&mut waits, 0.5), quantile(&mut waits, 0.99));
        eprintln!(
            "P5: {sent} sent, p50 {half:.1} ms, p99 {p99:.1} ms; idle {:.2} % and {server_idle:.2} % in Postgres",
            idle.last().copied().unwrap_or(0.0)
        );
        late.push(p99);
    }
    let (p99, busy) = (median(&late), median(&idle));
    rows.push(Row {
        what: "P5 due → received, p99 at 2000/s open loop, `--watch`, from its second second on",
        figure: format!("{p99:.1} ms"),
        target: "≤ 15 ms",
        met: Some(p99 <= 15.0),
    });
    rows.push(Row {
        what: "P5 idle CPU of the sender",
        figure: format!("{busy:.2} % of a core"),
        target: "≤ 1 %",
        met: Some(busy <= 1.0),
    });
    Ok(())
}

/// P6: the rate of 49 endpoints while the fiftieth hangs, against the rate of the same 49 while it answers.
async fn hang(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    let mut ratios = vec![];
    for _ in 0..scale.rounds {
        let mut rates = [0.0; 2];
        for (rate, last) in rates.iter_mut().zip(["w", "hang"]) {
            lab.clear().await?;
            lab.point(last).await?;
            lab.fill(scale.deliveries).await?;
            lab.settle().await?;
            let others = (scale.deliveries - scale.deliveries / ENDPOINTS) as u64;
            let wanted = if last == "w" { scale.deliveries as u64 } else { others };
            let child = lab.hookyard(&["webhook", "retry", "--quiet"]).spawn()?;
            let begun = Instant::now();
            let counts = loop {
                let counts = lab.counts().await?;
                if counts.requests >= wanted {
                    break counts;
                }
                ensure!(
                    begun.elapsed() < Duration::from_secs(120),
                    "one hanging endpoint stops the others: {} of {wanted}",
                    counts.requests
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            };
            process::kill(&child, libc::SIGKILL);
            process::reap(&child, 0)?;
            *rate = others as f64 * 1e6 / (counts.last - counts.first) as f64;
        }
        eprintln!("P6: {:.0}/s, with one that hangs {:.0}/s", rates[0], rates[1]);
        ratios.push(rates[1] / rates[0]);
    }
    let ratio = median(&ratios);
    rows.push(Row {
        what: "P6 the others' rate while one of 50 endpoints hangs",
        figure: format!("{ratio:.2} (rounds {})", spread(&ratios)),
        target: "≥ 0.8",
        met: Some(ratio >= 0.8),
    });
    Ok(())
}

/// P8: with a history of delivered rows and nothing due.
async fn nothing(lab: &Lab, rows: &mut Vec<Row>) -> Result<()> {
    drain(lab, 20_000).await?;
    let (mut ours, mut theirs) = (vec![], vec![]);
    let (mut our_cpu, mut their_cpu) = (vec![], vec![]);
    for _ in 0..25 {
        for (mut command, wall, cpu) in [
            (lab.psql(), &mut theirs, &mut their_cpu),
            (lab.hookyard(&["webhook", "retry"]), &mut ours, &mut our_cpu),
        ] {
            let begun = Instant::now();
            let child = command.spawn()?;
            let spent = process::reap(&child, 0)?.context("waited for")?;
            ensure!(spent.status.success(), "{command:?}: {}", spent.status);
            wall.push(begun.elapsed().as_secs_f64() * 1000.0);
            cpu.push(spent.cpu.as_secs_f64() * 1000.0);
        }
    }
    let ratio = median(&ours) / median(&theirs);
    rows.push(Row {
        what: "P8 `webhook retry` with nothing due, against `psql -c 'select 1'`",
        figure: format!(
            "{ratio:.2} × ({:.1} ms against {:.1} ms; CPU {:.1} ms against {:.1} ms)",
            median(&ours),
            median(&theirs),
            median(&our_cpu),
            median(&their_cpu)
        ),
        target: "≤ 5 ×",
        met: Some(ratio <= 5.0),
    });
    Ok(())
}

/// P11, short: a queue that is refilled as it drains.
async fn sustained(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    lab.clear().await?;
    lab.settle().await?;
    let time = Duration::from_secs(scale.sustained);
    let child = lab.hookyard(&["webhook", "retry", "--watch", "--quiet"]).spawn()?;
    let watch = async {
        let (begun, parts) = (Instant::now(), 6);
        let (mut rates, mut resident, mut dead) = (vec![], vec![], 0);
        let mut before = (micros(), lab.counts().await?.requests);
        for part in 1..=parts {
            tokio::time::sleep_until((begun + time * part / parts).into()).await;
            let now = (micros(), lab.counts().await?.requests);
            rates.push((now.1 - before.1) as f64 * 1e6 / (now.0 - before.0) as f64);
            resident.push(process::usage(child.id())?.1 as f64 / 1024.0);
            dead = dead.max(
                lab.number("select n_dead_tup from pg_stat_user_tables where relname = 'deliveries'").await?,
            );
            eprintln!(
                "P11: {:.0}/s, {:.1} MiB, {dead} dead tuples at most",
                rates[rates.len() - 1],
                resident[resident.len() - 1]
            );
            before = now;
        }
        anyhow::Ok((rates, resident, dead))
    };
    let (fed, watched) = tokio::join!(feed(lab, 12_000, time, true), watch);
    let (sent, (rates, resident, dead)) = (fed?, watched?);
    let begun = Instant::now();
    while lab.counts().await?.ids < sent && begun.elapsed() < Duration::from_secs(120) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let caught_up = begun.elapsed().as_secs_f64();
    process::kill(&child, libc::SIGTERM);
    process::ended(&child, Duration::from_secs(20)).await?;
    lab.prove(sent as usize).await?;
    let index = lab.number("select pg_relation_size('hookyard.deliveries_due')").await? as f64 / 1048576.0;
    let (first, last) = (rates[0], rates[rates.len() - 1]);
    let rate = sent as f64 / (scale.sustained as f64 + caught_up);
    rows.push(Row {
        what: "P11 12,000/s enqueued and delivered at once, sustained",
        figure: format!(
            "{rate:.0}/s over {} s, {caught_up:.1} s behind at the end; last sixth {:.2} of the first; dead tuples ≤ {dead}, queue index {index:.1} MiB, RSS {:.1} → {:.1} MiB",
            scale.sustained,
            last / first,
            resident[0],
            resident[resident.len() - 1]
        ),
        target: "12,000/s, ≥ 0.9, bounded, flat",
        met: Some(rate >= 11_800.0 && last / first >= 0.9),
    });
    Ok(())
}

async fn crashes(lab: &Lab, scale: &Scale, rows: &mut Vec<Row>) -> Result<()> {
    let crashed = kill::run(lab, 5000, scale.kills, 16).await?;
    rows.push(Row {
        what: "kill -9 at random, `--concurrency 16 --in-flight 16 --lease 2s`",
        figure: format!(
            "{} kills in {} deliveries: 0 lost, {} duplicates, {} interrupted attempts on record",
            crashed.kills, crashed.deliveries, crashed.duplicates, crashed.interrupted
        ),
        target: "0 lost, ≤ 16 duplicates a kill",
        met: Some(true),
    });
    Ok(())
}

async fn print(lab: &Lab, scale: &Scale, rows: &[Row]) -> Result<()> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("unknown CPU");
    let cores = std::thread::available_parallelism()?;
    let memory = read("/proc/meminfo");
    let memory =
        memory.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1048576;
    let load = read("/proc/loadavg");
    println!("Machine: {model}, {cores} cores shared by sender, Postgres and receiver, {memory} GiB.");
    println!(
        "Postgres {} with its defaults (fsync on, data on disk) and track_commit_timestamp; load average at the end {}.",
        lab.server_version().await?,
        load.split(' ').next().unwrap_or("")
    );
    println!(
        "hookyard's defaults: concurrency 64, per endpoint 10, in flight 512. {} rounds of {} deliveries of 1 KB to {ENDPOINTS} endpoints; medians.",
        scale.rounds, scale.deliveries
    );
    println!("\n| measured | figure | target | met |\n|---|---|---|---|");
    for Row { what, figure, target, met } in rows {
        let met = met.map_or("", |met| if met { "yes" } else { "**no**" });
        println!("| {what} | {figure} | {target} | {met} |");
    }
    Ok(())
}
