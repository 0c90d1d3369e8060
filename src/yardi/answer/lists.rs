//! Short lists: every element that has text, by name, and the attributes that tell it from its like.

use super::Unreadable;
use super::text::Flaws;
use super::walk::{Attributes, Harvest, Want};

/// More is no list that a person reads.
const MOST: usize = 20_000;
const LONGEST: usize = 1024;

/// One element with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub name: String,
    pub text: String,
    /// `InactiveDate` and the like, by local name.
    pub attributes: Vec<(String, String)>,
}

impl Item {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
pub struct Lists {
    pub items: Vec<Item>,
    open: Vec<Vec<(String, String)>>,
}

impl Lists {
    /// The texts of one kind of element, in order.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.items.iter().filter(move |item| item.name == name).map(|item| item.text.as_str())
    }
}

impl Harvest for Lists {
    fn open(&mut self, _: &str, _: usize, attributes: &mut Attributes<'_, '_>) -> Result<Want, Unreadable> {
        let mut all = Vec::new();
        attributes.each(|key, value| {
            if value.raw().len() <= LONGEST && all.len() < 16 {
                let mut text = String::new();
                value.append_to(&mut text);
                all.push((key.to_owned(), text));
            }
        })?;
        self.open.push(all);
        Ok(Want::Text)
    }

    fn close(&mut self, name: &str, _: usize, text: &str, _: Flaws) -> Result<(), Unreadable> {
        let attributes = self.open.pop().unwrap_or_default();
        let text = text.trim();
        if (!text.is_empty() || !attributes.is_empty()) && self.items.len() < MOST {
            let text = text.chars().take(LONGEST).collect();
            self.items.push(Item { name: name.to_owned(), text, attributes });
        }
        Ok(())
    }
}
