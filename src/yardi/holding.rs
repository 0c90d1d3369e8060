//! The right to ask an integration, for as long as it is renewed: one run at a time, over all processes and hosts.

use std::future::Future;
use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use super::integration::Integration;
use super::store;
use crate::clock::Micros;
use crate::context::Context;
use crate::db::{Db, Trouble};
use crate::failure::Failure;

pub struct Holding<'a> {
    db: &'a Db,
    integration: Uuid,
    run: Uuid,
    lease: Duration,
}

impl<'a> Holding<'a> {
    /// None: another run has it.
    pub async fn take(
        db: &'a Db,
        integration: Uuid,
        run: Uuid,
        lease: Duration,
    ) -> Result<Option<Holding<'a>>, Trouble> {
        let ours = store::claim_account(db, integration, run, lease).await?;
        Ok(ours.then_some(Holding { db, integration, run, lease }))
    }

    /// For the questions of a person, who is told when another run has it.
    pub async fn asked_for(context: &'a Context, integration: &Integration) -> Result<Holding<'a>, Failure> {
        let db = context.db().await?;
        let run = context.random.id(context.clock.wall());
        let lease = context.settings.yardi_lease.value;
        Holding::take(db, integration.id, run, lease).await?.ok_or_else(|| {
            let name = integration.name();
            Failure::later(format!("{name}: another run is at work on it, and one at a time may ask"))
                .hint("try again when it is done")
                .hint(format!("the claim of a run that died ends after {} s by itself", lease.as_secs()))
        })
    }

    /// The database's time at the start of a request.
    pub async fn renewed(&self) -> Result<Micros, Trouble> {
        store::renew_account(self.db, self.integration, self.run, self.lease).await.map(|(now, _)| now)
    }

    /// Wait for an answer, renewing meanwhile. Trouble with that is found out by whoever writes the answer down.
    pub async fn meanwhile<T>(&self, call: impl Future<Output = T>) -> T {
        let renewing = async {
            loop {
                sleep(self.lease / 3).await;
                let _ = self.renewed().await;
            }
        };
        tokio::select! {
            done = call => done,
            () = renewing => std::future::pending().await,
        }
    }

    pub async fn release(self) -> Result<(), Trouble> {
        store::release_account(self.db, self.integration, self.run).await
    }
}
