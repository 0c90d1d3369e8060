//! Several statements without parameters in one round trip.

use std::mem;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Either};

use super::fault;

/// The rows of each statement, in their order. Each has the transaction's whole time.
pub async fn fetch_each<const N: usize>(
    tx: &mut PgConnection,
    statements: [&'static str; N],
) -> Result<[Vec<PgRow>; N], sqlx::Error> {
    let (mut each, mut rows) = (Vec::with_capacity(N), Vec::new());
    let mut answers = sqlx::raw_sql(AssertSqlSafe(statements.join(";\n"))).fetch_many(tx);
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
