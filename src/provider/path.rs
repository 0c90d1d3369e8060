//! Where something stands in a JSON document: `data.items[2].name`, `["a.b"]` for names that hold a dot or a bracket.

use std::fmt;

use crate::json::Node;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Name(String),
    Item(usize),
}

/// From the document's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// As it is typed; `$.` in front may be there or not.
    pub fn parse(text: &str) -> Result<Path, String> {
        let wrong = || format!("`{text}` is not a path such as data.items[0].name");
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (inside, behind) = inside.split_once(']').ok_or_else(wrong)?;
                rest = behind;
                let named = inside.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
                steps.push(match named {
                    Some(name) => Step::Name(name.to_owned()),
                    None => Step::Item(inside.parse().map_err(|_| wrong())?),
                });
                continue;
            }
            let bare = rest.strip_prefix('.').unwrap_or(rest);
            let end = bare.find(['.', '[']).unwrap_or(bare.len());
            let (name, behind) = bare.split_at(end);
            if name.is_empty() {
                return Err(wrong());
            }
            steps.push(Step::Name(name.to_owned()));
            rest = behind;
        }
        if steps.is_empty() { Err(wrong()) } else { Ok(Path(steps)) }
    }

    pub fn with(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    pub fn name(&self, name: &str) -> Path {
        self.with(Step::Name(name.to_owned()))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if name.is_empty() || name.contains(['.', '[', ']', '"']) => {
                    write!(f, "[\"{name}\"]")?;
                }
                Step::Name(name) if at == 0 => f.write_str(name)?,
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Item(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}

/// What stands there; the first, where a name repeats.
pub fn get<'a>(node: &'a Node, path: &Path) -> Option<&'a Node> {
    path.0.iter().try_fold(node, |node, step| match (step, node) {
        (Step::Name(name), Node::Fields(fields)) => {
            fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
        }
        (Step::Item(at), Node::List(items)) => items.get(*at),
        _ => None,
    })
}

/// Put a value there, making the objects on the way; a list grows by one item at its end only.
pub fn put(node: &mut Node, path: &Path, value: Node) -> Result<(), String> {
    let mut at = node;
    for step in &path.0 {
        at = match (step, at) {
            (Step::Item(item), Node::List(items)) if *item > items.len() => {
                return Err(format!("{path}: the list has {} items", items.len()));
            }
            (Step::Name(name), Node::Fields(fields)) => {
                let place = fields.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                    fields.push((name.clone(), Node::Fields(Vec::new())));
                    fields.len() - 1
                });
                &mut fields[place].1
            }
            (Step::Item(item), Node::List(items)) => {
                if *item == items.len() {
                    items.push(Node::Fields(Vec::new()));
                }
                &mut items[*item]
            }
            _ => return Err(format!("{path}: there is neither an object nor a list to put it into")),
        };
    }
    *at = value;
    Ok(())
}

/// Take it out; whether it was there.
pub fn remove(node: &mut Node, path: &Path) -> bool {
    let Some((last, before)) = path.0.split_last() else { return false };
    let mut at = node;
    for step in before {
        let next = match (step, at) {
            (Step::Name(name), Node::Fields(fields)) => {
                fields.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
            }
            (Step::Item(item), Node::List(items)) => items.get_mut(*item),
            _ => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
    match (last, at) {
        (Step::Name(name), Node::Fields(fields)) => {
            let before = fields.len();
            fields.retain(|(known, _)| known != name);
            before > fields.len()
        }
        (Step::Item(item), Node::List(items)) if *item < items.len() => {
            items.remove(*item);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{compact, parse};

    #[test]
    fn a_path_is_read_as_it_is_shown() {
        for text in ["a", "a.b", "a[0].b[12]", "[\"a.b\"].c"] {
            assert_eq!(Path::parse(text).map(|path| path.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(Path::parse("$.a.b"), Path::parse("a.b"));
        for wrong in ["", "$", "a..b", "a[", "a[x]", ".", "a."] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_put_and_taken() {
        let mut node = parse(br#"{"a":{"b":1},"l":[1,2]}"#).expect("JSON");
        let mut set = |path: &str, value: &str| {
            put(&mut node, &Path::parse(path).expect("a path"), Node::Word(value.into()))
        };
        assert_eq!(set("a.b", "95.50"), Ok(()));
        assert_eq!(set("a.c.d", "null"), Ok(()));
        assert_eq!(set("l[2]", "3"), Ok(()));
        assert!(set("l[9]", "3").is_err() && set("a.b.c", "1").is_err());
        assert!(remove(&mut node, &Path::parse("l[0]").expect("a path")));
        assert!(!remove(&mut node, &Path::parse("x.y").expect("a path")));
        assert_eq!(compact(&node), br#"{"a":{"b":95.50,"c":{"d":null}},"l":[2,3]}"#);
    }
}
