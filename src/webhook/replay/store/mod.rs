//! Plans in SQL: what is chosen, released, settled and put back. Every statement can be repeated after a broken
//! connection: a plan is known by its id, an item by its number and state.

mod ended;
mod manage;
mod planning;
mod release;
mod sandbox;
mod settle;

pub use ended::{Counts, find_counts, put_back};
pub use manage::{PlanRow, find_plan, find_plans, list_plans, move_plan, start_plan, stop_plan};
pub use planning::{
    Choice, Chosen, Endpoint, Plan, choose, count_erased, find_endpoints, has_other_senders, insert_plan,
};
pub use release::release;
pub use sandbox::{Item, finish_items, list_waiting};
pub use settle::{settle, settle_late};
