//! `hookyard yardi check`: why an integration is silent, step by step, each with what it proves and what to do. When
//! credentials and licence are seen to work, the circuit that a refusal opened is closed; nothing else closes it.

mod steps;

use std::time::Duration;

use serde_json::json;

use super::account::{Account, Hidden, Profile};
use super::accounts;
use super::holding::Holding;
use super::integration::{Integration, Property};
use super::service::Service;
use super::store;
use crate::context::Context;
use crate::db::{Db, schema};
use crate::egress;
use crate::env;
use crate::failure::{Failure, Kind, worst};
use crate::output::{Cell, Json, Output, Page, Table, Tone};
use steps::{Proven, Steps};

/// Ask Yardi everything that polling needs, and say what each answer proves
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard yardi check ACME-YARDI\n  \
    hookyard yardi check ACME-YARDI --json | jq -e .good\n\n\
    When user, password and licence work, the circuit that an earlier refusal opened is closed. \
    While a poll or submit is at work on the integration nothing is asked: exit 3.")]
pub struct Args {
    /// The integration: its short id or its id
    integration: String,
    /// Only this property, by Yardi's code
    #[arg(long, value_name = "CODE")]
    property: Option<String>,
    /// Try the password in this environment variable instead of the stored one; the circuit stays as it is
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,
}

impl Args {
    pub fn of(integration: &str) -> Args {
        Args { integration: integration.to_owned(), property: None, password_env: None }
    }
}

pub struct Checked {
    integration: String,
    profile: Profile,
    endpoint: String,
    steps: Steps,
    circuit: &'static str,
}

pub async fn run(context: &Context, args: Args) -> Result<Checked, Failure> {
    let db = context.db().await?;
    schema::preflight(db).await?;
    let integration = one(store::list_integrations(db, Some(&args.integration)).await?, &args.integration)?;
    let properties = store::list_properties(db, &[integration.id]).await?;
    let account = match &args.password_env {
        None => accounts::account(context, &integration)?,
        Some(name) => {
            let section = context.settings.yardi.of(integration.short_id.as_deref());
            accounts::with_password(context, &integration, &section, tried(name)?)?
        }
    };
    let (profile, endpoint) = (account.profile, egress::shown(&account.endpoint));
    let mut steps = Steps::default();
    tables(&mut steps, &integration, &properties);
    let codes = codes(&properties, args.property.as_deref());
    let holding = Holding::asked_for(context, &integration).await?;
    let everything = args.property.is_none();
    let asked = Box::pin(holding.meanwhile(ask(&mut steps, context, account, &codes, everything))).await;
    let settled = match asked {
        Ok(proven) => settle(db, &integration, proven, args.password_env.is_some()).await,
        Err(failure) => Err(failure),
    };
    holding.release().await?;
    let circuit = settled?;
    Ok(Checked { integration: integration.name(), profile, endpoint, steps, circuit })
}

/// What becomes of the circuit; another password than the stored one says nothing of it.
async fn settle(
    db: &Db,
    integration: &Integration,
    proven: Proven,
    is_other: bool,
) -> Result<&'static str, Failure> {
    Ok(match (proven, &integration.circuit) {
        _ if is_other => "untouched",
        (Proven::Good, open) => {
            store::close_circuit(db, integration.id).await?;
            if open.is_some() { "closed now" } else { "closed" }
        }
        (Proven::Refused { class, text }, _) => {
            store::open_circuit(db, integration.id, class, &text).await?;
            "open"
        }
        (Proven::Nothing, Some(_)) => "open",
        (Proven::Nothing, None) => "closed",
    })
}

/// What goes over the network.
async fn ask(
    steps: &mut Steps,
    context: &Context,
    account: Account,
    codes: &[String],
    everything: bool,
) -> Result<Proven, Failure> {
    if !reach(steps, context, &account).await? {
        return Ok(Proven::Nothing);
    }
    let profile = account.profile;
    let service = Service::new(account, context.http()?);
    Ok(match profile {
        Profile::Conceptual => steps.conceptual(context, &service, codes).await,
        Profile::Voyager => steps.voyager(context, &service, codes, everything).await,
    })
}

fn one(mut found: Vec<Integration>, named: &str) -> Result<Integration, Failure> {
    match (found.pop(), found.is_empty()) {
        (Some(integration), true) => Ok(integration),
        (Some(_), false) => {
            Err(Failure::no(format!("several integrations have the short id {named}"))
                .hint("name one by its id"))
        }
        (None, _) => Err(Failure::no(format!("the integration {named} was not found"))
            .hint("`hookyard yardi list` shows them all")),
    }
}

fn tried(name: &str) -> Result<Hidden, Failure> {
    env::named(name)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(Hidden::new)
        .ok_or_else(|| Failure::blocked(format!("the environment variable {name} holds no text")))
}

fn codes(properties: &[Property], only: Option<&str>) -> Vec<String> {
    match only {
        Some(only) => vec![only.to_owned()],
        None => {
            let active = properties.iter().filter(|property| property.active);
            let codes = active.filter_map(|property| property.code.as_deref()).map(str::trim);
            codes.filter(|code| !code.is_empty()).map(str::to_owned).collect()
        }
    }
}

/// What the tables say.
fn tables(steps: &mut Steps, integration: &Integration, properties: &[Property]) {
    const STEP: &str = "integration";
    if integration.active {
        let active = properties.iter().filter(|property| property.active).count();
        steps.good(STEP, format!("active, with {active} of {} properties active", properties.len()));
    } else {
        let remedy = "set activation_date, and deactivation_date to NULL";
        steps.noted(STEP, "not active: nothing is polled", remedy);
    }
    let nameless = |property: &&Property| property.code.as_deref().is_none_or(|code| code.trim().is_empty());
    let count = properties.iter().filter(|property| property.active).filter(nameless).count();
    if count > 0 {
        steps.noted(
            STEP,
            format!("{count} active without yardi_property_id: never polled"),
            "set yardi_property_id",
        );
    }
    if let Some(circuit) = &integration.circuit {
        let detail = format!("the circuit is open: {}: {}", circuit.class, circuit.text);
        steps.noted(STEP, detail, "nothing is polled until a check succeeds");
    }
}

/// Name, address, port, TLS: before anything is said.
async fn reach(steps: &mut Steps, context: &Context, account: &Account) -> Result<bool, Failure> {
    let http = context.http()?;
    let target = match egress::check_url(&account.endpoint, http.rules()) {
        Ok(target) => target,
        Err(refusal) => {
            let remedy = "correct soap_endpoint, or open the address with --allow-egress if it is meant";
            steps.broken("reach", refusal.to_string(), remedy, Kind::Blocked);
            return Ok(false);
        }
    };
    match http.probe(&target, account.options.timeout.min(Duration::from_secs(10))).await {
        Ok(()) if target.dialled().2 => steps.good("reach", "connected, the certificate is good"),
        Ok(()) => steps.good("reach", "connected, without TLS"),
        Err(why) => {
            let remedy = "look at the host of soap_endpoint, at the network, and at the service itself";
            steps.broken("reach", why, remedy, Kind::Later);
            return Ok(false);
        }
    }
    Ok(true)
}

impl Output for Checked {
    fn text(&self, page: &mut Page) {
        page.line(format!("{} at {}, profile {}", self.integration, self.endpoint, self.profile.name()));
        page.blank();
        let mut table = Table::new(&["step", "state", "what it says"]);
        for step in &self.steps.all {
            let (state, tone) = step.state.shown();
            table.row(vec![step.name.as_str().into(), Cell::toned(state, tone), step.detail.as_str().into()]);
        }
        page.table(table);
        page.blank();
        for step in &self.steps.all {
            if let Some(remedy) = &step.remedy {
                page.line(format!("{}: {remedy}", step.name));
            }
        }
        page.toned(
            format!("circuit: {}", self.circuit),
            if self.circuit == "open" { Tone::Bad } else { Tone::Good },
        );
    }

    fn json(&self) -> Json {
        let step = |step: &steps::Step| {
            json!({
                "step": step.name,
                "state": step.state.shown().0,
                "detail": step.detail,
                "class": step.class,
                "remedy": step.remedy,
            })
        };
        Json::One(json!({
            "integration": self.integration,
            "profile": self.profile.name(),
            "endpoint": self.endpoint,
            "good": self.steps.are_good(),
            "circuit": self.circuit,
            "steps": self.steps.all.iter().map(step).collect::<Vec<_>>(),
        }))
    }

    fn verdict(&self) -> u8 {
        self.steps.all.iter().fold(0, |code, step| worst(code, step.code))
    }
}
