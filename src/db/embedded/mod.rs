//! stub
use crate::failure::Failure;
use std::path::PathBuf;
use std::time::Duration;
pub struct Setting {
    pub root: PathBuf,
    pub pg_bin: Option<PathBuf>,
    pub throwaway: bool,
    pub idle: Duration,
    pub consent: bool,
}
pub struct Local {
    pub socket_dir: PathBuf,
    pub port: u16,
    pub user: &'static str,
    pub notes: Vec<String>,
}
impl Setting {
    pub fn usual(
        pg_bin: Option<PathBuf>,
        _x: Option<PathBuf>,
        _h: Option<PathBuf>,
        _t: Option<PathBuf>,
    ) -> Result<Setting, Failure> {
        Ok(Setting {
            root: PathBuf::new(),
            pg_bin,
            throwaway: false,
            idle: Duration::from_secs(1),
            consent: false,
        })
    }
}
pub async fn ensure(_s: &Setting) -> Result<Local, Failure> {
    Err(Failure::fault("stub"))
}
#[derive(clap::Args)]
pub struct SuperviseArgs {}
pub fn supervise(_a: SuperviseArgs) -> u8 {
    70
}
