//! Integrations side by side, as poll and submit take them.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;

use crate::failure::Failure;
use crate::stop::Stop;

/// So many turns at a time. A signal lets nothing new begin and is passed on; what has begun comes to its own end.
pub async fn take<T>(
    turns: impl Iterator<Item = impl Future<Output = Result<T, Failure>>>,
    most: usize,
    stop: &mut Stop,
    stopper: &watch::Sender<bool>,
    mut taken: impl FnMut(T),
) -> Result<(), Failure> {
    let mut waiting = turns.fuse();
    let mut at_work = FuturesUnordered::new();
    loop {
        while at_work.len() < most
            && !*stopper.borrow()
            && let Some(turn) = waiting.next()
        {
            at_work.push(turn);
        }
        if at_work.is_empty() {
            return Ok(());
        }
        tokio::select! {
            Some(turn) = at_work.next() => taken(turn?),
            () = stop.raised() => drop(stopper.send(true)),
        }
    }
}
