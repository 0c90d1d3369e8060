//! stub
use crate::{context::Context, failure::Failure, output::Output};
#[derive(clap::Subcommand)]
pub enum Verb {
    /// stub
    Retry,
}
impl Verb {
    pub fn wants_csv(&self) -> bool {
        false
    }
}
pub async fn run(_c: &Context, _v: Verb) -> Result<Box<dyn Output>, Failure> {
    Err(Failure::fault("stub"))
}
