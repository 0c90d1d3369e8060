//! Take what is due, and sort it: owed interruptions are written before anything is sent again, deliveries of inactive
//! endpoints are set aside.

use std::time::Duration;

use uuid::Uuid;

use super::super::delivery::{Claimed, SealedByEndpoint};
use super::Options;
use super::store::{self, Batch, Claim, Scope};
use crate::clock::Micros;
use crate::db::{Db, Trouble};
use crate::random::Random;

/// How long a commit whose connection is gone may take at the server.
const ECHO: Duration = Duration::from_millis(100);

/// What is asked for.
pub struct Wish {
    pub run: Uuid,
    pub limit: usize,
    pub excluded: Vec<Uuid>,
    /// What we hold already.
    pub held: Vec<Uuid>,
    pub now: Micros,
}

/// What came of it.
#[derive(Default)]
pub struct Taken {
    /// To be sent.
    pub claimed: Vec<Claimed>,
    pub secrets: SealedByEndpoint,
    /// Everything that was claimed, the rest included.
    pub found: usize,
    pub now: Option<Micros>,
    pub interrupted: usize,
    pub set_aside: usize,
    pub parked: usize,
    /// Nothing was found, but something is due as soon as a recovering endpoint's pace allows.
    pub paced: bool,
}

pub async fn claim(db: &Db, random: &Random, options: &Options, wish: Wish) -> Result<Taken, Trouble> {
    let Batch { claimed, secrets, now, .. } = heard(db, options, &wish).await?;
    let mut taken = Taken { found: claimed.len(), secrets, now, ..Taken::default() };
    if claimed.is_empty() {
        taken.paced = !options.watch && options.scope == Scope::All && store::is_paced(db).await?;
        return Ok(taken);
    }
    let lapsed: Vec<&Claimed> = claimed.iter().filter(|claimed| claimed.lapsed).collect();
    let mut set_aside = Vec::new();
    if !lapsed.is_empty() {
        let attempts: Vec<Uuid> = lapsed.iter().map(|_| random.id(wish.now)).collect();
        set_aside = store::finish_interrupted(db, wish.run, &lapsed, &attempts).await?;
        (taken.interrupted, taken.set_aside) = (lapsed.len(), set_aside.len());
    }
    let alive = claimed.into_iter().filter(|claimed| !set_aside.contains(&claimed.id));
    let (inactive, active): (Vec<Claimed>, Vec<Claimed>) = alive.partition(is_inactive);
    if !inactive.is_empty() {
        let parked: Vec<Uuid> = inactive.iter().map(|claimed| claimed.id).collect();
        store::park(db, wish.run, &parked).await?;
        taken.parked = parked.len();
    }
    taken.claimed = active;
    Ok(taken)
}

fn is_inactive(claimed: &Claimed) -> bool {
    claimed.endpoint.as_ref().is_some_and(|endpoint| !endpoint.active)
}

/// Claim until the answer is heard: a try whose answer was lost with its connection may have taken leases that nobody
/// knows of.
async fn heard(db: &Db, options: &Options, wish: &Wish) -> Result<Batch, Trouble> {
    let claim = Claim {
        run: wish.run,
        scope: options.scope,
        limit: wish.limit,
        lease: options.lease,
        excluded: &wish.excluded,
        default_policy: options.policy,
    };
    loop {
        let batch = store::claim_due(db, &claim).await?;
        if !batch.unheard {
            return Ok(batch);
        }
        // The server may be at that commit still.
        tokio::time::sleep(ECHO).await;
        let ours = batch.claimed.iter().map(|claimed| claimed.id);
        let known: Vec<Uuid> = wish.held.iter().copied().chain(ours).collect();
        store::release_unknown(db, wish.run, &known).await?;
        if !batch.claimed.is_empty() {
            return Ok(batch);
        }
    }
}
