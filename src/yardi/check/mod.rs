//! `hookyard yardi check`: why an integration is silent, step by step, each with what it proves and what to do.

mod store;

use serde_json::json;

use super::account::{Account, Hidden, Options, Profile};
use super::service::Service;
use super::trouble::Trouble;
use super::window::Window;
use crate::context::Context;
use crate::db::schema;
use crate::egress;
use crate::env;
use crate::failure::{Failure, Kind, worst};
use crate::output::{Cell, Json, Output, Page, Table, Tone};
use store::{Integration, Property};

/// Ask Yardi everything that polling needs, and say what each answer proves
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard yardi check ACME-YARDI --password-env YARDI_PASSWORD\n  \
    hookyard yardi check ACME-YARDI --password-env YARDI_PASSWORD --json | jq -e .good")]
pub struct Args {
    /// The integration: its short id or its id
    integration: String,
    /// Only this property, by Yardi's code
    #[arg(long, value_name = "CODE")]
    property: Option<String>,
    /// The environment variable that holds the password to try
    #[arg(long, value_name = "NAME")]
    password_env: String,
}

/// One thing that was tried.
struct Step {
    name: String,
    state: State,
    detail: String,
    class: Option<&'static str>,
    remedy: Option<String>,
    code: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Noted,
    Failed,
}

impl State {
    fn shown(self) -> (&'static str, Tone) {
        match self {
            State::Good => ("ok", Tone::Good),
            State::Noted => ("note", Tone::Warn),
            State::Failed => ("failed", Tone::Bad),
        }
    }
}

pub struct Checked {
    integration: String,
    profile: Profile,
    endpoint: String,
    steps: Vec<Step>,
}

pub async fn run(context: &Context, args: Args) -> Result<Checked, Failure> {
    let db = context.db().await?;
    schema::preflight(db).await?;
    let integration = one(store::find_integrations(db, &args.integration).await?, &args.integration)?;
    let properties = store::list_properties(db, integration.id).await?;
    let account = account(&integration, &args.password_env)?;
    let mut checked = Checked {
        integration: integration.short_id.clone().unwrap_or_else(|| integration.id.to_string()),
        profile: account.profile,
        endpoint: egress::shown(&account.endpoint),
        steps: Vec::new(),
    };
    checked.integration(&integration, &properties);
    if checked.reach(context, &account).await? {
        let service = Service::new(account, context.http()?);
        checked.properties(context, &service, &properties, args.property.as_deref()).await;
    }
    Ok(checked)
}

fn one(mut found: Vec<Integration>, named: &str) -> Result<Integration, Failure> {
    match (found.pop(), found.is_empty()) {
        (Some(integration), true) => Ok(integration),
        (Some(_), false) => {
            Err(Failure::no(format!("several integrations have the short id {named}"))
                .hint("name one by its id"))
        }
        (None, _) => Err(Failure::no(format!("the integration {named} was not found"))),
    }
}

fn account(integration: &Integration, password_env: &str) -> Result<Account, Failure> {
    let missing = |column: &str| Failure::blocked(format!("{column} of the integration is empty"));
    let password = env::named(password_env)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(Hidden::new)
        .ok_or_else(|| Failure::blocked(format!("the environment variable {password_env} holds no text")))?;
    Ok(Account {
        profile: Profile::default(),
        endpoint: integration.endpoint.clone().ok_or_else(|| missing("soap_endpoint"))?,
        user: integration.user.clone().unwrap_or_default(),
        password,
        server: integration.server.clone().unwrap_or_default(),
        database: integration.database.clone().unwrap_or_default(),
        platform: integration.platform.clone().unwrap_or_default(),
        entity: String::new(),
        licence: Hidden::default(),
        namespace: None,
        options: Options::default(),
    })
}

impl Checked {
    fn good(&mut self, name: &str, detail: impl Into<String>) {
        self.step(name, State::Good, detail.into(), None, 0);
    }

    fn noted(&mut self, name: &str, detail: impl Into<String>, remedy: &str) {
        self.step(name, State::Noted, detail.into(), Some(remedy.to_owned()), 0);
    }

    fn step(&mut self, name: &str, state: State, detail: String, remedy: Option<String>, code: u8) {
        self.steps.push(Step { name: name.to_owned(), state, detail, class: None, remedy, code });
    }

    fn failed(&mut self, name: &str, trouble: &Trouble) {
        let code = trouble.class.exit().map_or(0, Kind::code);
        let fault = trouble.fault_code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        self.steps.push(Step {
            name: name.to_owned(),
            state: State::Failed,
            detail: format!("{}: {}{fault}", trouble.operation, trouble.text),
            class: Some(trouble.class.word()),
            remedy: Some(trouble.class.remedy().to_owned()),
            code,
        });
    }

    /// What the tables say.
    fn integration(&mut self, integration: &Integration, properties: &[Property]) {
        if integration.active {
            let active = properties.iter().filter(|property| property.active).count();
            self.good(
                "integration",
                format!("active, with {active} of {} properties active", properties.len()),
            );
        } else {
            self.noted(
                "integration",
                "not active: nothing is polled",
                "set activation_date, and deactivation_date to NULL",
            );
        }
        if properties.iter().any(|property| property.active && blank(property.code.as_deref())) {
            self.noted(
                "integration",
                "an active property has no yardi_property_id: it is never polled",
                "set yardi_property_id",
            );
        }
    }

    /// Name, address, port, TLS: before anything is said.
    async fn reach(&mut self, context: &Context, account: &Account) -> Result<bool, Failure> {
        let http = context.http()?;
        let target = match egress::check_url(&account.endpoint, http.rules()) {
            Ok(target) => target,
            Err(refusal) => {
                let remedy = "correct soap_endpoint, or open the address with --allow-egress if it is meant";
                let code = Kind::Blocked.code();
                self.step("reach", State::Failed, refusal.to_string(), Some(remedy.into()), code);
                return Ok(false);
            }
        };
        let secure = target.dialled().2;
        match http.probe(&target, account.options.timeout.min(std::time::Duration::from_secs(10))).await {
            Ok(()) => {
                let told =
                    if secure { "connected, the certificate is good" } else { "connected, without TLS" };
                self.good("reach", told);
                Ok(true)
            }
            Err(why) => {
                let remedy = "look at the host of soap_endpoint, at the network, and at the service itself";
                self.step("reach", State::Failed, why, Some(remedy.into()), Kind::Later.code());
                Ok(false)
            }
        }
    }

    /// One question each: a window that is empty, so that the answer is short.
    async fn properties(
        &mut self,
        context: &Context,
        service: &Service,
        properties: &[Property],
        only: Option<&str>,
    ) {
        let codes: Vec<&str> = match only {
            Some(only) => vec![only],
            None => {
                let active = properties.iter().filter(|property| property.active);
                active
                    .filter_map(|property| property.code.as_deref())
                    .filter(|code| !code.trim().is_empty())
                    .collect()
            }
        };
        if codes.is_empty() {
            self.noted(
                "properties",
                "no active property to ask about",
                "activate one, or name one with --property",
            );
        }
        for code in codes {
            let now = context.clock.wall();
            match service.poll(code, Window { from: now, to: now }).await {
                Ok(answer) => {
                    let told = match answer.proven_empty {
                        true => "answered that there is nobody new".to_owned(),
                        false => format!("answered with {} prospects", answer.prospects.len()),
                    };
                    self.good(&format!("property {code}"), told);
                }
                Err(trouble) => {
                    self.failed(&format!("property {code}"), &trouble);
                    // Every further question would be refused alike, and may lock the account.
                    if trouble.class.opens_circuit() {
                        return;
                    }
                }
            }
        }
    }

    fn is_good(&self) -> bool {
        self.steps.iter().all(|step| step.state != State::Failed)
    }
}

fn blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

impl Output for Checked {
    fn text(&self, page: &mut Page) {
        page.line(format!("{} at {}, profile {}", self.integration, self.endpoint, self.profile.word()));
        page.blank();
        let mut table = Table::new(&["step", "state", "what it says"]);
        for step in &self.steps {
            let (state, tone) = step.state.shown();
            table.row(vec![step.name.as_str().into(), Cell::toned(state, tone), step.detail.as_str().into()]);
        }
        page.table(table);
        let remedies: Vec<&Step> = self.steps.iter().filter(|step| step.remedy.is_some()).collect();
        if !remedies.is_empty() {
            page.blank();
        }
        for step in remedies {
            page.line(format!("{}: {}", step.name, step.remedy.as_deref().unwrap_or_default()));
        }
    }

    fn json(&self) -> Json {
        let step = |step: &Step| {
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
            "profile": self.profile.word(),
            "endpoint": self.endpoint,
            "good": self.is_good(),
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(),
        }))
    }

    fn verdict(&self) -> u8 {
        self.steps.iter().fold(0, |code, step| worst(code, step.code))
    }
}
