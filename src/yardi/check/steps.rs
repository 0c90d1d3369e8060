//! The questions of a check, in the order in which each proves what the next one needs.

use crate::context::Context;
use crate::failure::Kind;
use crate::output::Tone;
use crate::yardi::service::Service;
use crate::yardi::trouble::{Class, Trouble};
use crate::yardi::window::Window;

/// One thing that was tried.
pub struct Step {
    pub name: String,
    pub state: State,
    pub detail: String,
    pub class: Option<&'static str>,
    pub remedy: Option<String>,
    pub code: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    Good,
    Noted,
    Failed,
}

impl State {
    pub fn shown(self) -> (&'static str, Tone) {
        match self {
            State::Good => ("ok", Tone::Good),
            State::Noted => ("note", Tone::Warn),
            State::Failed => ("failed", Tone::Bad),
        }
    }
}

/// What is known of user, password and licence.
pub enum Proven {
    Good,
    Refused { class: &'static str, text: String },
    Nothing,
}

/// More than this is told as a number.
const NAMED: usize = 8;

/// Clocks further apart than this lose prospects at the edges of a window.
const SKEW: i64 = 60_000_000;

#[derive(Default)]
pub struct Steps {
    pub all: Vec<Step>,
}

impl Steps {
    pub fn good(&mut self, name: &str, detail: impl Into<String>) {
        self.add(name, State::Good, detail.into(), None, 0);
    }

    pub fn noted(&mut self, name: &str, detail: impl Into<String>, remedy: &str) {
        self.add(name, State::Noted, detail.into(), Some(remedy.to_owned()), 0);
    }

    pub fn broken(&mut self, name: &str, detail: String, remedy: &str, kind: Kind) {
        self.add(name, State::Failed, detail, Some(remedy.to_owned()), kind.code());
    }

    fn add(&mut self, name: &str, state: State, detail: String, remedy: Option<String>, code: u8) {
        self.all.push(Step { name: name.to_owned(), state, detail, class: None, remedy, code });
    }

    fn failed(&mut self, name: &str, trouble: &Trouble) {
        let code = trouble.class.exit().map_or(0, Kind::code);
        let fault = trouble.fault_code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        let detail = format!("{}: {}{fault}", trouble.operation, trouble.text);
        self.add(name, State::Failed, detail, Some(trouble.class.remedy().to_owned()), code);
        if let Some(step) = self.all.last_mut() {
            step.class = Some(trouble.class.word());
        }
    }

    pub fn are_good(&self) -> bool {
        self.all.iter().all(|step| step.state != State::Failed)
    }

    /// One question for each property: a window without length, so that the answer is short.
    pub async fn conceptual(&mut self, context: &Context, service: &Service, codes: &[String]) -> Proven {
        if codes.is_empty() {
            let remedy = "activate one, or name one with --property";
            self.noted("properties", "no active property to ask about", remedy);
        }
        let mut proven = Proven::Nothing;
        for code in codes {
            proven = match self.guests(context, service, code).await {
                Ok(()) => Proven::Good,
                Err(trouble) if trouble.class.opens_circuit() => return refused(&trouble),
                // Whoever is told that this property is not theirs has been let in.
                Err(trouble) if trouble.class == Class::PropertyAccess => Proven::Good,
                Err(_) => proven,
            };
        }
        proven
    }

    async fn guests(&mut self, context: &Context, service: &Service, code: &str) -> Result<(), Trouble> {
        let now = context.clock.wall();
        let name = format!("property {code}");
        match service.poll(code, Window { from: now, to: now }).await {
            Ok(answer) if answer.proven_empty => self.good(&name, "answered that there is nobody new"),
            Ok(answer) => self.good(&name, format!("answered with {} prospects", answer.prospects.len())),
            Err(trouble) => {
                self.failed(&name, &trouble);
                return Err(trouble);
            }
        }
        Ok(())
    }

    /// From the outside in: the service, its clock, the credentials, the properties, the values that writes need.
    pub async fn voyager(
        &mut self,
        context: &Context,
        service: &Service,
        codes: &[String],
        compare: bool,
    ) -> Proven {
        if !self.service(context, service).await {
            return Proven::Nothing;
        }
        let theirs = match service.configured_properties().await {
            Ok(theirs) => theirs,
            Err(trouble) => {
                self.failed("credentials", &trouble);
                return if trouble.class.opens_circuit() { refused(&trouble) } else { Proven::Nothing };
            }
        };
        let told = format!("user, password, entity and licence are accepted; open to them: {}", theirs.len());
        self.good("credentials", told);
        if compare {
            self.compare(codes, &theirs);
        }
        self.labels(service).await;
        for code in codes {
            if theirs.iter().any(|theirs| theirs.trim().eq_ignore_ascii_case(code)) {
                self.property(context, service, code).await;
            } else {
                let trouble = "Voyager does not list it for this interface";
                let remedy = Class::PropertyAccess.remedy();
                self.broken(&format!("property {code}"), trouble.to_owned(), remedy, Kind::No);
            }
        }
        Proven::Good
    }

    async fn service(&mut self, context: &Context, service: &Service) -> bool {
        match service.ping().await {
            Ok(_) => self.good("ping", "the interface answers"),
            Err(trouble) => {
                self.failed("ping", &trouble);
                return false;
            }
        }
        match service.version().await {
            Ok(version) => self.good("version", version),
            Err(trouble) => self.failed("version", &trouble),
        }
        match service.server_time(context.clock.wall()).await {
            Ok(time) => {
                let offset = time.offset_minutes;
                let sign = if offset < 0 { '-' } else { '+' };
                let zone = format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
                match time.ahead.filter(|ahead| ahead.abs() > SKEW) {
                    Some(ahead) => {
                        let (seconds, than) =
                            (ahead.abs() / 1_000_000, if ahead > 0 { "ahead of" } else { "behind" });
                        let detail = format!("local time is UTC{zone}; its clock is {seconds} s {than} ours");
                        self.noted("clock", detail, "set both clocks by NTP: windows are cut by them");
                    }
                    None => self.good("clock", format!("local time is UTC{zone}")),
                }
            }
            Err(trouble) => self.failed("clock", &trouble),
        }
        true
    }

    fn compare(&mut self, ours: &[String], theirs: &[String]) {
        let missing = |from: &[String], of: &[String]| -> Vec<String> {
            let is_in = |code: &String| of.iter().any(|other| other.trim().eq_ignore_ascii_case(code.trim()));
            from.iter().filter(|code| !is_in(code)).cloned().collect()
        };
        let unused = missing(theirs, ours);
        if unused.is_empty() {
            self.good("properties", "Voyager lists none that is not active here");
        } else {
            let remedy = "activate them here if their prospects are wanted";
            self.noted(
                "properties",
                format!("open in Voyager and not active here: {}", named(&unused)),
                remedy,
            );
        }
    }

    async fn labels(&mut self, service: &Service) {
        let wanted = service.account().options.attachment_type.clone();
        match (service.attachment_types().await, wanted) {
            (Err(trouble), _) => self.failed("labels", &trouble),
            (Ok(labels), Some(wanted)) if !labels.contains(&wanted) => {
                let detail = format!("{wanted} is not a label of Voyager's; there are: {}", named(&labels));
                self.noted(
                    "labels",
                    detail,
                    "documents would be refused: set `attachment` to a label that is listed",
                );
            }
            (Ok(labels), _) if labels.is_empty() => {
                self.noted(
                    "labels",
                    "no label for documents is open to this interface",
                    "have one opened in Voyager",
                );
            }
            (Ok(labels), _) => self.good("labels", named(&labels)),
        }
    }

    async fn property(&mut self, context: &Context, service: &Service, code: &str) {
        if self.guests(context, service, code).await.is_err() {
            return;
        }
        let name = format!("property {code}");
        let options = &service.account().options;
        match service.reference(code).await {
            Err(trouble) => self.failed(&name, &trouble),
            Ok(reference) => {
                let source = options.source.as_ref().filter(|source| !reference.sources.contains(source));
                if let Some(source) = source {
                    let detail =
                        format!("{source} is not a source; there are: {}", named(&reference.sources));
                    self.noted(&name, detail, "notes would be refused: set `source` to one that is listed");
                } else if reference.sources.is_empty() || reference.agents.is_empty() {
                    let remedy = "notes need one of each: have them set up in Voyager";
                    self.noted(&name, "it has no active agent, or no source", remedy);
                } else {
                    let (agents, sources) = (reference.agents.len(), reference.sources.len());
                    self.good(&name, format!("for notes: active agents {agents}, sources {sources}"));
                }
            }
        }
    }
}

fn refused(trouble: &Trouble) -> Proven {
    Proven::Refused { class: trouble.class.word(), text: trouble.text.clone() }
}

fn named(all: &[String]) -> String {
    let first = all.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().checked_sub(NAMED) {
        None | Some(0) => first,
        Some(more) => format!("{first} and {more} more"),
    }
}
