//! Planning: what is chosen, frozen under an id, and looked at once more before anything is sent.

use serde_json::json;
use uuid::Uuid;

use super::endpoints::{self, Part};
use super::store::{self, Choice, Plan};
use super::{Act, Call, sandbox, show, tables};
use crate::context::Context;
use crate::db::Db;
use crate::failure::Failure;

pub struct Planned {
    /// None: nothing was stored.
    pub plan_id: Option<Uuid>,
    pub dry_run: bool,
    pub parts: Vec<Part>,
    pub left_out: i64,
    /// Left out because their payload was erased.
    pub erased: i64,
    /// Another receiver than the endpoints.
    pub to: Option<String>,
    pub max: Option<i64>,
    pub canary: Option<i32>,
    pub rate: Option<i32>,
    pub concurrency: usize,
    pub per_endpoint: usize,
    /// What was asked for although it has arrived, or was never meant.
    pub widened: Vec<&'static str>,
}

pub async fn plan(context: &Context, db: &Db, call: &Call, filter: Choice) -> Result<Planned, Failure> {
    if let Some(id) = filter.webhook
        && tables::find_endpoints(db, Some(id), 1).await?.is_empty()
    {
        return Err(Failure::no(format!("webhook {id} was not found")));
    }
    let choice = Choice {
        ids: if call.ids.is_empty() { None } else { Some(named(db, &call.ids).await?) },
        delivered: call.include_delivered,
        skipped: call.skipped,
        max: call.max,
        ..filter
    };
    if let Some(url) = &call.to {
        sandbox::target(context, url)?;
    }
    // Beside millions of another application's attempts it takes a minute.
    let spinner = context.printer.spinner();
    if let Some(spinner) = &spinner {
        spinner.say("looking for what never arrived");
    }
    let beside = store::has_other_senders(db).await?;
    let id = context.random.id(context.clock.wall());
    let chosen = if call.dry_run {
        store::choose(db, &choice, beside).await?
    } else {
        let told = told(call, &choice);
        let host = context.host();
        let detail = json!({ "plan_id": id.to_string(), "filter": told, "reason": call.pace.reason });
        let act = Act::new(context, &host, detail);
        let filter = told.to_string();
        let plan = Plan {
            id,
            filter: &filter,
            reason: call.pace.reason.as_deref(),
            rate: call.pace.rate,
            canary: call.canary,
            to_url: call.to.as_deref(),
        };
        store::insert_plan(db, &plan, &choice, beside, &act).await?
    };
    let (erased, day) = store::count_erased(db, &choice).await?;
    drop(spinner);
    if let Some(day) = day {
        tell_erased(context, erased, &day, chosen.iter().all(|part| part.items == 0))?;
    }
    let left_out = chosen.iter().map(|part| part.left_out).sum();
    let chosen: Vec<_> = chosen.into_iter().filter(|part| part.items > 0).collect();
    let options = call.pace.tuning.options(&context.settings, super::super::deliver::Scope::All);
    let widened = [
        (call.include_delivered, "what has arrived already is included"),
        (call.skipped, "events of a time when an endpoint was off or not subscribed are included"),
    ];
    Ok(Planned {
        plan_id: (!call.dry_run && !chosen.is_empty()).then_some(id),
        dry_run: call.dry_run,
        parts: endpoints::look(context, db, chosen, call.to.as_deref()).await?,
        to: call.to.clone(),
        left_out,
        erased,
        max: call.max,
        canary: call.canary,
        rate: call.pace.rate,
        concurrency: options.limits.concurrency,
        per_endpoint: options.limits.per_endpoint,
        widened: widened.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect(),
    })
}

/// What cannot be sent again is never passed over in silence.
fn tell_erased(context: &Context, erased: i64, day: &str, is_all: bool) -> Result<(), Failure> {
    if is_all {
        return Err(Failure::no(format!(
            "nothing can be delivered again: {erased} were chosen, each with its payload erased on {day} or before"
        ))
        .hint("`hookyard database prune` erases what is old; `hookyard webhook show ID` says when"));
    }
    context.printer.warn(&format!(
        "{erased} more are left out: their payloads were erased, they cannot be delivered again"
    ));
    Ok(())
}

/// Deliveries of ours, and attempts of another sender, behind the ids that were typed.
async fn named(db: &Db, typed: &[String]) -> Result<(Vec<Uuid>, Vec<Uuid>), Failure> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for text in typed {
        let (kind, id) = show::resolve(db, text).await?;
        match kind {
            tables::Kind::HostAttempt => theirs.push(id),
            tables::Kind::Delivery => ours.push(id),
            tables::Kind::Attempt => ours.extend(tables::find_delivery_of(db, id).await?),
            tables::Kind::Event => ours.extend(tables::find_deliveries_of(db, Some(id), None).await?),
            tables::Kind::Entry => ours.extend(tables::find_deliveries_of(db, None, Some(id)).await?),
        }
    }
    Ok((ours, theirs))
}

/// What was asked for, as it is kept with the plan.
fn told(call: &Call, choice: &Choice) -> serde_json::Value {
    let mut told = serde_json::Map::new();
    let mut put = |name: &str, value: serde_json::Value| {
        if !value.is_null() && value != json!(false) && value != json!([]) {
            told.insert(name.to_owned(), value);
        }
    };
    put("ids", json!(call.ids));
    put("since", json!(choice.since.map(crate::clock::shown)));
    put("until", json!(choice.until.map(crate::clock::shown)));
    put("endpoint", json!(choice.webhook.map(|id| id.to_string())));
    put("api_key", json!(choice.api_key.map(|id| id.to_string())));
    put("event", json!(choice.event_type));
    put("status", json!(choice.status));
    put("dead", json!(choice.dead));
    put("all", json!(call.all));
    put("include_delivered", json!(choice.delivered));
    put("skipped", json!(choice.skipped));
    put("max", json!(choice.max));
    serde_json::Value::Object(told)
}
