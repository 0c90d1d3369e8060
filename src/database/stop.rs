//! `hookyard database stop`: the local server stopped now instead of when it has been idle for a while.

use serde_json::json;

use crate::context::Context;
use crate::db::embedded;
use crate::failure::Failure;
use crate::output::{Json, Output, Page};

/// Stop the local database's server
///
/// Its data stay. A database that is configured by a URL is not hookyard's to stop.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  hookyard database stop\n  hookyard database stop --force")]
pub struct Args {
    /// Stop it although other commands use it now
    #[arg(long)]
    force: bool,
}

pub struct Stopped {
    was_running: bool,
}

pub async fn run(context: &Context, args: Args) -> Result<Stopped, Failure> {
    stop(&context.local()?, args.force).await
}

// WIRE: `embedded::stop(setting, force)` and its `Stopped`.
async fn stop(_setting: &embedded::Setting, _force: bool) -> Result<Stopped, Failure> {
    Err(Failure::fault("the local server cannot be stopped yet"))
}

impl Output for Stopped {
    fn text(&self, page: &mut Page) {
        page.line(if self.was_running {
            "stopped the local server"
        } else {
            "the local server was not running"
        });
    }

    fn json(&self) -> Json {
        Json::One(json!({ "was_running": self.was_running }))
    }
}
