//! A company with an api key, an entry that is completed, and webhooks; events enqueued as the host application does.

use super::{Database, Hookyard, hookyard};

pub const API_KEY: &str = "00000000-0000-4000-8000-00000000000a";
pub const ENTRY: &str = "00000000-0000-4000-8000-00000000000e";
pub const SHORT_ID: &str = "SNAP-12345";

pub struct Scene {
    pub database: Database,
    webhooks: std::cell::Cell<u32>,
}

impl Scene {
    pub fn new() -> Scene {
        Scene::on(Database::migrated())
    }

    pub fn on(database: Database) -> Scene {
        database.execute(&format!(
            "insert into api_keys (id, name, inserted_at, updated_at) values ('{API_KEY}', 'acme', now(), now());
             insert into companies (id, name, api_key_id, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-00000000000b', 'Acme', '{API_KEY}', now(), now());
             insert into properties (id, name, short_id, company_id, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-00000000000c', 'Maple Court', 'MAPLE',
                 '00000000-0000-4000-8000-00000000000b', now(), now());
             insert into entries (id, short_id, property_id, status, result, fraud_result, completed_at, inserted_at,
                 updated_at)
             values ('{ENTRY}', '{SHORT_ID}', '00000000-0000-4000-8000-00000000000c', 'completed', 'CLEAN', 'CLEAN',
                 '2026-01-15 10:30:00', now(), now());
             insert into applicants (id, entry_id, full_name, email, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-00000000000f', '{ENTRY}', 'Zebulon Quux', 'zebulon@quux.example', now(),
                 now());"
        ));
        Scene { database, webhooks: std::cell::Cell::new(0) }
    }

    /// An active webhook that subscribes to `entry.completed`.
    pub fn webhook(&self, url: &str) -> String {
        self.webhooks.set(self.webhooks.get() + 1);
        let id = format!("00000000-0000-4000-8000-0000000001{:02}", self.webhooks.get());
        self.database.execute(&format!(
            "insert into webhooks (id, url, events, api_key_id, inserted_at, updated_at)
             values ('{id}', '{url}', '{{entry.completed}}', '{API_KEY}', now(), now())"
        ));
        id
    }

    /// The property is a Yardi property, last polled at that time.
    pub fn yardi_property(&self, last_poll_run: &str) {
        self.database.execute(&format!(
            "insert into yardi_integrations (id, alias, poll_rate, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-00000000001a', 'Acme Yardi', 15, now(), now());
             insert into yardi_properties (property_id, yardi_integration_id, yardi_property_id, last_poll_run, inserted_at,
                 updated_at)
             values ('00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-00000000001a', 'maple',
                 '{last_poll_run}', now(), now())"
        ));
    }

    /// So many events of the type, each with a payload of its own.
    pub fn enqueue(&self, events: usize) {
        self.database.execute(&format!(
            "select count(hookyard.insert_event('entry.completed', '{{\"n\":' || n || '}}', '{API_KEY}', null, null, null,
                false))
             from generate_series(1, {events}) n"
        ));
    }

    /// The binary, let out to the receiver on loopback.
    pub fn hookyard(&self, arguments: &[&str]) -> Hookyard {
        let mut all = vec!["--allow-http", "--allow-egress", "127.0.0.1/32"];
        all.extend(arguments);
        hookyard(&all).database(&self.database)
    }

    pub fn count(&self, sql: &str) -> usize {
        self.text(sql).parse().expect("a number")
    }

    pub fn text(&self, sql: &str) -> String {
        self.database.query_text(sql)[0][0].clone().unwrap_or_default()
    }

    /// One checksum for each table, hookyard's and the host's: equal only if no row has changed.
    pub fn checksums(&self) -> Vec<String> {
        let tables = self.database.query_text(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables
             where table_schema in ('public', 'hookyard') and table_type = 'BASE TABLE' order by 1",
        );
        let sum = |table: &str| {
            let sql =
                format!("select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} t");
            format!("{table} {}", self.text(&sql))
        };
        tables.iter().map(|row| sum(row[0].as_deref().expect("a name"))).collect()
    }

    pub fn states(&self) -> String {
        self.text(
            "select coalesce(string_agg(state || ' ' || n, ', ' order by state), 'none')
             from (select state, count(*) as n from hookyard.deliveries group by state) s",
        )
    }

    /// Everything that waits becomes due: time passes by moving the rows.
    pub fn time_passes(&self) {
        self.database.execute(
            "update hookyard.deliveries set next_attempt_at = now() where state = 'pending' and lease_until is null",
        );
    }
}
