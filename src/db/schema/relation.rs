//! One table or view against what is expected of it: columns, types, rights, and what would refuse our rows.

use super::column::Fit;
use super::expected::{Right, Scope, Table, UPDATED, VIEW};
use super::facts::{Column, Facts, Relation};
use super::judge::{Finding, Weight, view_contract};

/// `yardi`: whether the role means to use the Yardi tables; whoever only delivers webhooks needs no right there.
pub fn compare(facts: &Facts, expected: &Table, found: &Relation, yardi: bool, findings: &mut Vec<Finding>) {
    columns(expected, found, findings);
    let from = findings.len();
    rights(facts, expected, found, findings);
    if expected.scope == Scope::Yardi && !yardi {
        findings[from..].iter_mut().for_each(|finding| finding.weight = Weight::Noted);
    }
    if found.row_security {
        findings.push(Finding::noted(
            expected.scope,
            format!("row security is on for {}: rows may be hidden from {}", expected.path(), facts.role),
        ));
    }
    if !expected.ours && expected.rights.contains(&Right::Insert) {
        strangers(expected, found, findings);
    }
}

fn columns(expected: &Table, found: &Relation, findings: &mut Vec<Finding>) {
    let path = expected.path();
    for (name, kind, nullable) in expected.columns {
        let Some(column) = column(found, name) else {
            findings.push(Finding::wrong(
                expected.scope,
                format!("column {path}.{name} is missing"),
                add(expected, name, kind.sql()),
            ));
            continue;
        };
        match kind.fit(&column.kind) {
            Fit::Same => {}
            Fit::Serves => findings.push(Finding::noted(
                expected.scope,
                format!("column {path}.{name} is {}, not {}; that serves as well", column.kind, kind.sql()),
            )),
            Fit::Wrong => findings.push(Finding::wrong(
                expected.scope,
                format!("column {path}.{name} is {}, not {}", column.kind, kind.sql()),
                retype(expected, name, kind.sql()),
            )),
        }
        if !expected.ours && column.not_null == *nullable {
            let null = |is_null: bool| if is_null { "may be null" } else { "is not null" };
            findings.push(Finding::noted(
                expected.scope,
                format!(
                    "column {path}.{name} {} and the document says it {}",
                    null(!column.not_null),
                    null(*nullable)
                ),
            ));
        }
    }
}

/// A right that every column lacks is granted on the table, one that some lack on those.
fn rights(facts: &Facts, expected: &Table, found: &Relation, findings: &mut Vec<Finding>) {
    let (path, role) = (expected.path(), &facts.role);
    let mut whole: Vec<&str> = Vec::new();
    for right in expected.rights {
        let lacks = |column: &&Column| match right {
            Right::Select => !column.can_select,
            Right::Insert => !column.can_insert,
            Right::Update => !column.can_update,
            Right::Delete => !found.can_delete,
        };
        let some = UPDATED.iter().find(|(table, _)| *right == Right::Update && *table == expected.name);
        let wanted = |name: &str| expected.ours || some.is_none_or(|(_, columns)| columns.contains(&name));
        let present: Vec<&Column> = expected
            .columns
            .iter()
            .filter(|(name, ..)| wanted(name))
            .filter_map(|(name, ..)| column(found, name))
            .collect();
        let lacking: Vec<&Column> = present.iter().copied().filter(lacks).collect();
        if lacking.is_empty() {
            continue;
        }
        if lacking.len() == present.len() && some.is_none() {
            whole.push(right.word());
            continue;
        }
        let names = lacking.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        findings.push(Finding::wrong(
            expected.scope,
            format!("role {role} lacks {} on {path} ({names})", right.word()),
            format!("grant {} ({names}) on {path} to {role};", right.word()),
        ));
    }
    if !whole.is_empty() {
        let words = whole.join(", ");
        findings.push(Finding::wrong(
            expected.scope,
            format!("role {role} lacks {words} on {path}"),
            format!("grant {words} on {path} to {role};"),
        ));
    }
}

/// A column that an insert of ours would leave null and that may not be.
fn strangers(expected: &Table, found: &Relation, findings: &mut Vec<Finding>) {
    for column in &found.columns {
        let known = expected.columns.iter().any(|(name, ..)| *name == column.name);
        if !known && column.not_null && !column.has_default {
            findings.push(Finding::wrong(
                expected.scope,
                format!("column {}.{} is not in the document, not null and without default: rows of ours would be refused",
                    expected.path(), column.name),
                format!("alter table {} alter column {} set default ...;", expected.path(), column.name),
            ));
        }
    }
}

fn column<'a>(found: &'a Relation, name: &str) -> Option<&'a Column> {
    found.columns.iter().find(|column| column.name == name)
}

fn add(expected: &Table, name: &str, kind: &str) -> String {
    if expected.name == VIEW.name {
        return view_contract();
    }
    format!("alter table {} add column {name} {kind};", expected.path())
}

fn retype(expected: &Table, name: &str, kind: &str) -> String {
    if expected.name == VIEW.name {
        return view_contract();
    }
    format!("alter table {} alter column {name} type {kind} using {name}::text::{kind};", expected.path())
}
