//! stub
use crate::failure::Failure;
pub struct Settings {
    pub rules: crate::egress::Rules,
    pub ca_file: Option<std::path::PathBuf>,
    pub timeout: std::time::Duration,
    pub pool_idle: usize,
    #[cfg(debug_assertions)]
    pub names: Option<TestNames>,
}
#[cfg(debug_assertions)]
pub struct TestNames;
#[cfg(debug_assertions)]
impl TestNames {
    pub fn parse(_t: &str) -> Result<TestNames, Failure> {
        Ok(TestNames)
    }
}
pub struct Http;
impl Http {
    pub fn new(_s: Settings) -> Result<(Http, Vec<String>), Failure> {
        Ok((Http, vec![]))
    }
}
