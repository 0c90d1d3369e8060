//! What a crash costs: a sender that is killed again and again at random moments.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::lab::Lab;
use crate::load::ask;
use crate::process;

pub struct Crashed {
    pub deliveries: usize,
    pub kills: usize,
    pub duplicates: u64,
    pub interrupted: i64,
}

/// Deliver `deliveries` while the sender dies `kills` times with at most `window` requests sent and not durable.
pub async fn run(lab: &Lab, deliveries: usize, kills: usize, window: usize) -> Result<Crashed> {
    lab.clear().await?;
    lab.fill(deliveries).await?;
    lab.settle().await?;
    let (window_text, mut killed, mut seed) = (window.to_string(), 0, crate::micros() as u64);
    let args = [
        "webhook",
        "retry",
        "--watch",
        "--quiet",
        "--lease",
        "2s",
        "--per-endpoint",
        "16",
        "--concurrency",
        &window_text,
        "--in-flight",
        &window_text,
    ];
    let mut seen = 0;
    let most = deliveries / (kills + 1);
    while killed < kills {
        let child = lab.hookyard(&args).spawn()?;
        // Kill at a random moment while requests flow: after some of this run's share has arrived.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = 1 + (seed >> 33) % most as u64;
        let mut waited = 0;
        while lab.counts().await?.requests < seen + share && waited < 6000 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            waited += 1;
        }
        process::kill(&child, libc::SIGKILL);
        process::reap(&child, 0)?;
        killed += 1;
        seen = lab.counts().await?.requests;
        // No delivery is called delivered that the receiver has not counted.
        check(lab).await?;
    }
    let child = lab.hookyard(&args).spawn()?;
    let begun = std::time::Instant::now();
    while lab.number("select count(*) from hookyard.deliveries where state = 'pending'").await? > 0 {
        ensure!(begun.elapsed() < Duration::from_secs(120), "deliveries stay pending after the last crash");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    process::kill(&child, libc::SIGTERM);
    process::ended(&child, Duration::from_secs(20)).await?;
    check(lab).await?;
    let counts = lab.counts().await?;
    ensure!(counts.ids == deliveries as u64, "lost: {} of {deliveries}", deliveries as u64 - counts.ids);
    let delivered = lab.number("select count(*) from hookyard.deliveries where state = 'delivered'").await?;
    let dead = lab.number("select count(*) from hookyard.deliveries where state = 'dead'").await?;
    ensure!(delivered + dead == deliveries as i64, "{delivered} delivered and {dead} dead");
    let interrupted =
        lab.number("select count(*) from hookyard.attempts where outcome = 'interrupted'").await?;
    let most = (window * kills) as u64;
    ensure!(counts.duplicates() <= most, "{} duplicates, at most {most} may be", counts.duplicates());
    ensure!(interrupted as u64 <= most, "{interrupted} interrupted attempts, at most {most} may be");
    // Whatever arrived without being recorded is owned up to.
    ensure!(
        counts.duplicates() <= interrupted as u64,
        "{} duplicates but only {interrupted} interrupted attempts",
        counts.duplicates()
    );
    Ok(Crashed { deliveries, kills, duplicates: counts.duplicates(), interrupted })
}

async fn check(lab: &Lab) -> Result<()> {
    let rows =
        lab.db.query("select event_id::text from hookyard.deliveries where state = 'delivered'", &[]).await?;
    let seen = log(lab).await?;
    for row in rows {
        let id: &str = row.get(0);
        let id = uuid::Uuid::parse_str(id)?.as_u128();
        ensure!(seen.contains_key(&id), "{id:x} is called delivered and was never received");
    }
    Ok(())
}

/// Event id to when it was first received.
pub async fn log(lab: &Lab) -> Result<HashMap<u128, i64>> {
    let text = ask(lab.receiver_port, "/_log").await?;
    text.lines()
        .map(|line| {
            let mut parts = line.split(' ');
            let mut next = || parts.next().unwrap_or("");
            let (id, _, at) = (next(), next(), next());
            Ok((id.parse()?, at.parse()?))
        })
        .collect()
}
