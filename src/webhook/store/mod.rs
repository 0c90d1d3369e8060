//! What the verbs ask of the database: events, subscribers, deliveries, endpoints, alerts. Every text is static, and
//! input travels as parameters only.

mod alerts;
mod endpoints;
mod events;
mod list;
mod named;
mod secrets;
mod shown;

pub use crate::db::Act;

pub use alerts::{Alert, claim_alerts, finish_alert};
pub use endpoints::{EndpointRow, find_endpoints, set_policy};
pub use events::{
    Enqueued, Fate, Subscriber, Wanted, find_entries, find_entry_payload, find_fates, find_same_event,
    find_subscribers, insert_event,
};
pub use list::{DeliveryRow, Filter, OtherRow, list_deliveries, list_others};
pub use named::{Kind, find_named};
pub use secrets::{find_sealed, has_secrets, sealed_in};
pub use shown::{
    AroundRow, AttemptRow, EventRow, StandingRow, find_around, find_attempts, find_deliveries_of,
    find_delivery_of, find_event_of, find_events, find_host_attempts, find_host_payload, find_standing,
    insert_act,
};
