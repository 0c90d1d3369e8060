//! The record of what operators did on purpose, written by the verb that did it.

use serde_json::Value;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use uuid::Uuid;

use crate::context::Context;

/// Who did something on purpose, and what.
pub struct Act<'a> {
    id: Uuid,
    pub operator: &'a str,
    pub host: &'a str,
    pub command: &'a str,
    detail: Value,
}

impl<'a> Act<'a> {
    pub fn new(context: &'a Context, host: &'a str, detail: Value) -> Act<'a> {
        Act {
            id: context.random.id(context.clock.wall()),
            operator: &context.settings.operator.value,
            host,
            command: &context.command,
            detail,
        }
    }

    pub fn insert(&self) -> Query<'_, Postgres, PgArguments> {
        sqlx::query("insert into hookyard.acts (id, operator, host, command, detail) values ($1, $2, $3, $4, $5::jsonb) on conflict do nothing")
            .bind(self.id)
            .bind(self.operator)
            .bind(self.host)
            .bind(self.command)
            .bind(self.detail.to_string())
            .persistent(false)
    }
}
