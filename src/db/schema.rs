//! stub
use super::Db;
use crate::failure::Failure;
pub async fn preflight(_db: &Db) -> Result<(), Failure> {
    Ok(())
}
