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

pub struct Stopped(embedded::Stopped);

pub async fn run(context: &Context, args: Args) -> Result<Stopped, Failure> {
    embedded::stop(&context.local()?, args.force).await.map(Stopped)
}

impl Output for Stopped {
    fn text(&self, page: &mut Page) {
        page.line(match &self.0.version {
            Some(version) if self.0.removed => {
                format!("stopped the local server ({version}) and removed its data")
            }
            Some(version) => {
                format!("stopped the local server ({version}) after {:.1} s", self.0.took.as_secs_f64())
            }
            None => "the local server was not running".to_owned(),
        });
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "was_running": self.0.version.is_some(),
            "version": self.0.version,
            "data": self.0.data.as_ref().map(|path| path.display().to_string()),
            "removed": self.0.removed,
        }))
    }
}
