//! Which rule speaks of which place: items of a list (`name[]`) and members of a map (`name.*`) are written alike.

use std::collections::BTreeMap;

use super::form::Rule;
use super::path::{Path, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The pattern is of this very place.
    Here,
    /// It is of something inside it.
    Below,
}

pub fn rule<'a>(rules: &'a BTreeMap<String, Rule>, path: &Path) -> Option<&'a Rule> {
    rules.iter().find(|(pattern, _)| covers(pattern, path) == Some(Reach::Here)).map(|(_, rule)| rule)
}

pub fn covers(pattern: &str, path: &Path) -> Option<Reach> {
    let mut steps = path.0.iter();
    for part in pattern.split('.') {
        let (name, item) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        match steps.next() {
            None => return Some(Reach::Below),
            Some(Step::Name(found)) if name == "*" || found == name => {}
            Some(_) => return None,
        }
        if item {
            match steps.next() {
                None => return Some(Reach::Below),
                Some(Step::Item(_)) => {}
                Some(Step::Name(_)) => return None,
            }
        }
    }
    steps.next().is_none().then_some(Reach::Here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_speaks_of_items_and_members() {
        let reach = |pattern, path| covers(pattern, &Path::parse(path).expect("a path"));
        assert_eq!(reach("data.errors[]", "data.errors[3]"), Some(Reach::Here));
        assert_eq!(reach("data.errors[]", "data.errors"), Some(Reach::Below));
        assert_eq!(reach("changes.*.old", "changes.rent.old"), Some(Reach::Here));
        assert_eq!(reach("changes.*.old", "changes.rent"), Some(Reach::Below));
        for (pattern, path) in [("data", "data.id"), ("data.id", "other"), ("a[]", "a.b"), ("a.b", "a[0]")] {
            assert_eq!(reach(pattern, path), None, "{pattern} {path}");
        }
    }
}
