//! A provider's file: how its requests look, and its events. Read from a table and checked while it is read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::path::{Path, get, put};
use super::value::Kind;
use crate::json::{self, Node};

#[derive(Clone, Debug)]
pub struct Form {
    pub name: String,
    pub about: String,
    /// The signature scheme its requests come with.
    pub scheme: String,
    /// A second signature on the same request.
    pub also: Option<Also>,
    /// Further headers, with places as in a sample, and `{event}`.
    pub headers: BTreeMap<String, String>,
    /// What is added to the URL: names, and where in the payload their values stand.
    pub query: BTreeMap<String, String>,
    /// Addresses with a name: what each adds to a base.
    pub targets: BTreeMap<String, String>,
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Also {
    pub scheme: String,
    /// Where in the payload its key stands.
    pub secret_at: String,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    pub about: String,
    /// What tells the event: paths and the texts there; `*` for whatever is there.
    pub when: Vec<(String, String)>,
    pub target: Option<String>,
    /// With places such as `{now}` in its texts.
    pub sample: Node,
    pub rules: BTreeMap<String, Rule>,
}

/// What the sample does not say of a field. Items of a list are `name[]`, members of a map `name.*`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    pub is: Option<Kind>,
    pub one_of: Vec<String>,
    /// A field of the sample is required unless this says otherwise; one that is not in the sample never is.
    pub optional: Option<bool>,
    pub null: bool,
    /// Characters, at most.
    pub most: Option<usize>,
    /// Characters, exactly.
    pub length: Option<usize>,
    /// Where it may stand instead.
    pub instead: Option<String>,
    /// What stands in it is an example: nothing is missing, nothing unknown, and only what has a rule is held to it.
    pub open: bool,
    /// Any names, and their values all like the first.
    pub map: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    about: String,
    scheme: String,
    also: Option<Also>,
    event_at: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    targets: BTreeMap<String, String>,
    form: Part,
    #[serde(rename = "event")]
    events: Vec<Told>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Part {
    sample: String,
    fields: BTreeMap<String, Rule>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Told {
    name: String,
    about: String,
    /// The payload's own word for it, where that is not the name.
    says: Option<String>,
    when: BTreeMap<String, String>,
    target: Option<String>,
    sample: Option<String>,
    fields: BTreeMap<String, Rule>,
}

impl Form {
    pub fn parse(name: &str, text: &str) -> Result<Form, String> {
        let shape: Shape = toml::from_str(text).map_err(|why| why.to_string())?;
        let common = fields(&shape.form.sample)?;
        let mut events = Vec::new();
        for told in shape.events {
            let called = told.name.clone();
            let event = event(told, &common, &shape.form.fields, shape.event_at.as_deref());
            events.push(event.map_err(|why| format!("{called}: {why}"))?);
        }
        Ok(Form {
            name: name.to_owned(),
            about: shape.about,
            scheme: shape.scheme,
            also: shape.also,
            headers: shape.headers,
            query: shape.query,
            targets: shape.targets,
            events,
        })
    }

    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.name == name)
    }

    /// The event that the payload says it is.
    pub fn recognise(&self, payload: &Node) -> Option<&Event> {
        let is = |(path, text): &(String, String)| {
            let found = Path::parse(path).ok().and_then(|path| get(payload, &path));
            match found {
                Some(_) if text == "*" => true,
                Some(Node::Text(found)) => found == text,
                _ => false,
            }
        };
        self.events.iter().find(|event| event.when.iter().all(is))
    }

    /// The paths that tell its events, each once.
    pub fn tellers(&self) -> Vec<&str> {
        let mut paths = Vec::new();
        for (path, _) in self.events.iter().flat_map(|event| &event.when) {
            if !paths.contains(&path.as_str()) {
                paths.push(path.as_str());
            }
        }
        paths
    }
}

fn event(
    told: Told,
    common: &Node,
    rules: &BTreeMap<String, Rule>,
    event_at: Option<&str>,
) -> Result<Event, String> {
    let mut sample = common.clone();
    if let Some(own) = &told.sample {
        sample = merged(sample, fields(own)?);
    }
    let mut when: Vec<(String, String)> = told.when.into_iter().collect();
    if let Some(path) = event_at {
        let says = told.says.unwrap_or_else(|| told.name.clone());
        put(&mut sample, &Path::parse(path)?, Node::Text(says.clone()))?;
        when.push((path.to_owned(), says));
    }
    if when.is_empty() {
        return Err("nothing tells this event".into());
    }
    let mut all = rules.clone();
    all.extend(told.fields);
    Ok(Event { name: told.name, about: told.about, when, target: told.target, sample, rules: all })
}

fn fields(text: &str) -> Result<Node, String> {
    if text.is_empty() {
        return Ok(Node::Fields(Vec::new()));
    }
    match json::parse(text.as_bytes()) {
        Some(node @ Node::Fields(_)) => Ok(node),
        _ => Err("a sample is not a JSON object".into()),
    }
}

/// The second over the first: fields that are there keep their place, others come behind.
fn merged(under: Node, over: Node) -> Node {
    let (Node::Fields(mut fields), Node::Fields(others)) = (under, over.clone()) else { return over };
    for (name, value) in others {
        match fields.iter().position(|(known, _)| *known == name) {
            Some(at) => {
                let was = std::mem::replace(&mut fields[at].1, Node::Word(String::new()));
                fields[at].1 = merged(was, value);
            }
            None => fields.push((name, value)),
        }
    }
    Node::Fields(fields)
}
