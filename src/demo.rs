//! stub
use crate::{context::Context, failure::Failure, output::Output};
/// Show the main job on real parts
#[derive(clap::Args)]
pub struct Args {}
pub async fn run(_c: &Context, _a: Args) -> Result<Box<dyn Output>, Failure> {
    Err(Failure::fault("stub"))
}
