//! Signals that end a run: the first closes it gently, the second cuts what is on the wire.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    quit: Signal,
    last: Option<u8>,
}

impl Stop {
    pub fn listen() -> Result<Stop, Failure> {
        let on = |kind| signal(kind).map_err(|why| Failure::fault(why).context("cannot listen for signals"));
        Ok(Stop {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hangup: on(SignalKind::hangup())?,
            quit: on(SignalKind::quit())?,
            last: None,
        })
    }

    /// Wait for the next signal.
    pub async fn raised(&mut self) {
        self.last = Some(tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
            _ = self.hangup.recv() => 129,
            _ = self.quit.recv() => 131,
        });
    }

    /// The exit code of the last signal, if there was one.
    pub fn signal(&self) -> Option<u8> {
        self.last
    }
}
