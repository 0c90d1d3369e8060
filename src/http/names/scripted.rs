//! Answers that stand in for DNS, so that tests can move a name between two lookups. Debug builds only.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Names and their answers, as in `{"a.example": ["1st: 192.0.2.1", "2nd: 192.0.2.2"]}`: `[]` is no such name,
/// `["timeout"]` is silence, and without ordinals all answers come at once. The last answers repeat.
#[derive(Debug, Default)]
pub struct TestNames(HashMap<String, Script>);

#[derive(Debug, Default)]
struct Script {
    /// What each lookup gets; `None` is silence.
    rounds: Vec<Option<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl TestNames {
    pub fn parse(json: &str) -> Result<TestNames, String> {
        let names: HashMap<String, Vec<String>> =
            serde_json::from_str(json).map_err(|error| error.to_string())?;
        names
            .into_iter()
            .map(|(name, answers)| Ok((name, script(&answers)?)))
            .collect::<Result<_, _>>()
            .map(TestNames)
    }

    /// `None` for a name that is not scripted. Asking counts as a lookup.
    pub(super) fn answers(&self, name: &str) -> Option<impl Future<Output = Vec<IpAddr>> + Send + use<>> {
        let script = self.0.get(name)?;
        let asked = script.asked.fetch_add(1, Ordering::Relaxed);
        let round = script.rounds.get(asked).or(script.rounds.last()).cloned();
        Some(async move {
            match round {
                Some(Some(answers)) => answers,
                Some(None) => std::future::pending().await,
                None => Vec::new(),
            }
        })
    }
}

fn script(answers: &[String]) -> Result<Script, String> {
    let mut rounds: Vec<Option<Vec<IpAddr>>> = Vec::new();
    let mut together = Vec::new();
    for answer in answers {
        let (ordinal, answer) = match answer.split_once(':') {
            Some((ordinal, rest)) if ["1st", "2nd", "3rd", "4th"].contains(&ordinal) => (true, rest.trim()),
            _ => (false, answer.trim()),
        };
        if answer == "timeout" {
            rounds.push(None);
            continue;
        }
        let ip = answer.parse().map_err(|_| format!("`{answer}` is not an address"))?;
        match ordinal {
            true => rounds.push(Some(vec![ip])),
            false => together.push(ip),
        }
    }
    if !together.is_empty() {
        rounds.push(Some(together));
    }
    Ok(Script { rounds, asked: AtomicUsize::new(0) })
}
