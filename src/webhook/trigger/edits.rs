//! `--set`, `--set-new` and `--unset`: what is changed of a sample before it is signed.

use crate::failure::Failure;
use crate::json::{self, Node};
use crate::provider::{self, Event, Path};

#[derive(Clone, Debug)]
pub struct Edit {
    path: Path,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Set(Node),
    Add(Node),
    Unset,
}

impl Edit {
    pub fn set(text: &str) -> Result<Edit, String> {
        let (path, value) = parse(text)?;
        Ok(Edit { path, what: What::Set(value) })
    }

    pub fn add(text: &str) -> Result<Edit, String> {
        let (path, value) = parse(text)?;
        Ok(Edit { path, what: What::Add(value) })
    }

    pub fn unset(text: &str) -> Result<Edit, String> {
        Ok(Edit { path: Path::parse(text)?, what: What::Unset })
    }

    pub fn apply(&self, event: &Event, payload: &mut Node) -> Result<(), Failure> {
        let path = &self.path;
        match &self.what {
            What::Set(value) => {
                provider::settable(event, payload, path).map_err(|known| unknown(event, path, &known))?;
                provider::put(payload, path, value.clone()).map_err(Failure::usage)
            }
            What::Add(value) => provider::put(payload, path, value.clone()).map_err(Failure::usage),
            What::Unset if provider::remove(payload, path) => Ok(()),
            What::Unset => {
                let known = provider::settable(event, payload, path).err().unwrap_or_default();
                Err(unknown(event, path, &known))
            }
        }
    }
}

fn unknown(event: &Event, path: &Path, known: &[String]) -> Failure {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let failure = Failure::usage(format!("{} has no {path}", event.name));
    match known.is_empty() {
        true => failure,
        false => failure
            .hint(format!("it has: {}", provider::near(&path.to_string(), &known).join(", ")))
            .hint("--set-new adds a field that it does not have"),
    }
}

fn parse(text: &str) -> Result<(Path, Node), String> {
    let (path, value) = text.split_once('=').ok_or("it is PATH=VALUE, such as data.result=EDITED")?;
    Ok((Path::parse(path)?, typed(value)))
}

/// JSON where it is some, else the text as it stands.
pub fn typed(value: &str) -> Node {
    json::parse(value.as_bytes()).unwrap_or_else(|| Node::Text(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_json_where_it_can_be() {
        let word = |text: &str| Node::Word(text.into());
        assert_eq!(typed("EDITED"), Node::Text("EDITED".into()));
        assert_eq!(typed("95.50"), word("95.50"));
        assert_eq!(typed("null"), word("null"));
        assert_eq!(typed("\"7\""), Node::Text("7".into()));
        assert_eq!(typed("007"), Node::Text("007".into()));
        assert_eq!(typed(""), Node::Text(String::new()));
        assert!(matches!(typed("[1]"), Node::List(_)));
    }
}
