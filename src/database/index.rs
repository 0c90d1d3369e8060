//! The document's nine indexes and one of ours: how each is made and unmade without stopping anybody, and what the
//! catalog calls it.

/// One of the ten.
#[derive(Debug)]
pub struct Index {
    pub name: &'static str,
    pub table: &'static str,
    /// As the server prints it, to know it under another name.
    pub shape: &'static str,
    pub create: &'static str,
    pub drop: &'static str,
    /// What it is for and what it costs, where the document does not ask for it.
    pub worth: Option<&'static str>,
}

/// What the database has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// There and usable, perhaps under another name.
    Built,
    Missing,
    /// Left behind by a build that failed: it costs every write and serves no read.
    Invalid,
    /// Another session is building on this table now.
    Building(i32),
    NoTable,
}

/// An index that stands on one of the tables.
#[derive(Debug)]
pub struct Standing {
    pub table: String,
    /// None: the table has no index at all.
    pub name: Option<String>,
    pub shape: Option<String>,
    pub valid: bool,
    /// We may make and drop indexes of the table.
    pub ours_to_build: bool,
    pub builder: Option<i32>,
}

macro_rules! index {
    ($name:literal, $table:literal, $how:literal, $shape:literal) => {
        Index {
            name: $name,
            table: $table,
            shape: $shape,
            create: concat!("create index concurrently if not exists ", $name, " on ", $table, " ", $how),
            drop: concat!("drop index concurrently if exists ", $name),
            worth: None,
        }
    };
}

pub const ALL: &[Index] = &[
    index!(
        "idx_webhooks_api_key_active",
        "webhooks",
        "(api_key_id, is_active) where is_active = true",
        "btree (api_key_id, is_active) WHERE (is_active = true)"
    ),
    index!("idx_webhooks_events_gin", "webhooks", "using gin (events)", "gin (events)"),
    index!(
        "idx_webhook_delivery_attempts_webhook",
        "webhook_delivery_attempts",
        "(webhook_id, created_at desc)",
        "btree (webhook_id, created_at DESC)"
    ),
    index!(
        "idx_webhook_delivery_attempts_status",
        "webhook_delivery_attempts",
        "(response_status, created_at desc) where response_status >= 400",
        "btree (response_status, created_at DESC) WHERE (response_status >= 400)"
    ),
    index!(
        "idx_yardi_properties_integration",
        "yardi_properties",
        "(yardi_integration_id) where deactivation_date is null",
        "btree (yardi_integration_id) WHERE (deactivation_date IS NULL)"
    ),
    index!(
        "idx_yardi_properties_poll_overdue",
        "yardi_properties",
        "(last_poll_run) where deactivation_date is null",
        "btree (last_poll_run) WHERE (deactivation_date IS NULL)"
    ),
    index!("idx_yardi_entries_prospect", "yardi_entries", "(prospect_code)", "btree (prospect_code)"),
    index!(
        "idx_yardi_invites_integration",
        "yardi_invites",
        "(yardi_integration_id, inserted_at desc)",
        "btree (yardi_integration_id, inserted_at DESC)"
    ),
    index!("idx_yardi_invites_prospect", "yardi_invites", "(prospect_code)", "btree (prospect_code)"),
    Index {
        worth: Some(
            "with it `report health` counts the newest attempts in a third of the time; it takes 64 kB for five \
             million attempts, and inserts take up to a seventh longer",
        ),
        ..index!(
            "idx_webhook_delivery_attempts_created",
            "webhook_delivery_attempts",
            "using brin (created_at) with (pages_per_range = 64, autosummarize = on)",
            "brin (created_at)"
        )
    },
];

impl Index {
    pub fn state(&self, standing: &[Standing]) -> State {
        let here = || standing.iter().filter(|one| one.table == self.table);
        if here().next().is_none() {
            return State::NoTable;
        }
        let named = |one: &&Standing| one.name.as_deref() == Some(self.name);
        let alike = |one: &&Standing| one.shape.as_deref().is_some_and(|shape| bare(shape) == self.shape);
        if here().any(|one| one.valid && (named(&one) || alike(&one))) {
            return State::Built;
        }
        match here().find(named) {
            None => State::Missing,
            Some(one) => one.builder.map_or(State::Invalid, State::Building),
        }
    }

    pub fn is_ours_to_build(&self, standing: &[Standing]) -> bool {
        standing.iter().any(|one| one.table == self.table && one.ours_to_build)
    }
}

/// Without storage parameters, which are anybody's choice.
fn bare(shape: &str) -> String {
    let Some((before, rest)) = shape.split_once(" WITH (") else { return shape.to_owned() };
    before.to_owned() + rest.split_once(')').map_or("", |(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(name: &str, shape: &str, valid: bool, builder: Option<i32>) -> Standing {
        let (name, shape) = (Some(name.to_owned()), Some(shape.to_owned()));
        Standing { table: "yardi_entries".into(), name, shape, valid, ours_to_build: true, builder }
    }

    #[test]
    fn an_index_is_known_by_name_or_shape_and_an_unfinished_one_is_not_ruined() {
        let index = &ALL[6];
        assert_eq!(index.state(&[]), State::NoTable);
        for (there, state) in [
            (standing("another", "btree (prospect_code)", true, None), State::Built),
            (standing("another", "btree (prospect_code) WITH (fillfactor='90')", true, None), State::Built),
            (standing("another", "btree (inserted_at)", true, None), State::Missing),
            (
                standing(
                    "another",
                    "btree (prospect_code) WITH (fillfactor='90') WHERE (id > 7)",
                    true,
                    None,
                ),
                State::Missing,
            ),
            (standing(index.name, index.shape, false, None), State::Invalid),
            (standing(index.name, index.shape, false, Some(7)), State::Building(7)),
        ] {
            assert_eq!(index.state(&[there]), state);
        }
    }
}
