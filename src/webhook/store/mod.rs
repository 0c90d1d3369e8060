//! What the verbs ask of the database: events, subscribers, deliveries, endpoints, alerts. Every text is static, and
//! input travels as parameters only.

mod alerts;
mod endpoints;
mod events;
mod list;
mod named;
mod shown;

use serde_json::Value;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use uuid::Uuid;

use crate::context::Context;

pub use alerts::{Alert, claim_alerts, finish_alert};
pub use endpoints::{EndpointRow, find_endpoints, set_policy};
pub use events::{
    Enqueued, Fate, Subscriber, Wanted, find_entries, find_entry_payload, find_fates, find_same_event,
    find_subscribers, insert_event,
};
pub use list::{DeliveryRow, Filter, OtherRow, list_deliveries, list_others};
pub use named::{Kind, find_named};
pub use shown::{
    AroundRow, AttemptRow, EventRow, StandingRow, find_around, find_attempts, find_deliveries_of,
    find_delivery_of, find_event_of, find_events, find_host_attempts, find_host_payload, find_standing,
    insert_act,
};

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
