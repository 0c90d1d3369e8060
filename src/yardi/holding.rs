//! The right to ask an integration, for as long as it is renewed: one run at a time, over all processes and hosts.

use std::future::Future;
use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use super::store;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

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
