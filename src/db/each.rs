//! Several statements without parameters in one round trip.

use std::mem;
use std::sync::LazyLock;

use futures_util::TryStreamExt;
use sqlx::Either;
use sqlx::postgres::{PgConnection, PgRow};

use super::fault;

/// What `fetch_each` fetches.
pub type Statements = LazyLock<String>;

/// For a static.
pub fn joined(statements: &[&'static str]) -> String {
    statements.join(";\n")
}

/// The rows of each statement, in their order. Each has the transaction's whole time.
pub async fn fetch_each<const N: usize>(
    tx: &mut PgConnection,
    statements: &'static Statements,
) -> Result<[Vec<PgRow>; N], sqlx::Error> {
    let (mut each, mut rows) = (Vec::with_capacity(N), Vec::new());
    let mut answers = sqlx::raw_sql(statements.as_str()).fetch_many(tx);
    while let Some(answer) = answers.try_next().await? {
        match answer {
            Either::Right(row) => rows.push(row),
            Either::Left(_) => each.push(mem::take(&mut rows)),
        }
    }
    each.try_into().map_err(|each: Vec<_>| fault(format!("{N} statements, {} answers", each.len())))
}

/// Of a statement that has one row always.
pub fn first(rows: &[PgRow]) -> Result<&PgRow, sqlx::Error> {
    rows.first().ok_or(sqlx::Error::RowNotFound)
}
