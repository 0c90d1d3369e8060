//! A company on Yardi: integrations, properties, a configuration file, and the binary let out to loopback.

use super::{Database, Files, Hookyard, Soap, hookyard};

pub struct Estate {
    pub database: Database,
    files: Files,
}

pub const PASSWORD: &str = "canary-p&w<\"'>ü";
pub const USER: &str = "canary-user";

impl Estate {
    pub fn new() -> Estate {
        Estate::on(Database::migrated())
    }

    pub fn on(database: Database) -> Estate {
        let estate = Estate { database, files: Files::new() };
        estate.configure("");
        estate
    }

    /// One integration at this service with one property, `PROP-700` of ACME.
    pub fn simple(soap: &Soap) -> Estate {
        let estate = Estate::new();
        estate.integration("ACME", &soap.url("/acme"));
        estate.property("ACME", "PROP-700");
        estate
    }

    /// The configuration, besides plain passwords and no pause between properties.
    pub fn configure(&self, more: &str) {
        self.files
            .write("hookyard.toml", format!("[yardi]\npassword_mode = \"plain\"\npause = \"0s\"\n{more}"));
    }

    pub fn files(&self) -> &Files {
        &self.files
    }

    pub fn integration(&self, short_id: &str, endpoint: &str) {
        self.database.execute(&format!(
            "insert into yardi_integrations (id, short_id, alias, soap_endpoint, user_name, password, database_name,
                platform, server_name, activation_date, poll_rate, inserted_at, updated_at)
             values (md5('{short_id}')::uuid, '{short_id}', 'Alias of {short_id}', '{endpoint}', '{USER}',
                $pw${PASSWORD}$pw$, 'EXAMPLE_DB', 'Voyager', 'yardi01', now() - interval '3 days', 15, now(), now())"
        ));
    }

    /// A property of our own with the same name in Yardi; gives its id.
    pub fn property(&self, integration: &str, code: &str) -> String {
        self.database.execute(&format!(
            "insert into properties (id, name, short_id, inserted_at, updated_at)
             values (md5('{integration}{code}')::uuid, 'Name of {code}', 'S-{code}', now(), now());
             insert into yardi_properties (property_id, yardi_integration_id, yardi_property_id, activation_date,
                inserted_at, updated_at)
             values (md5('{integration}{code}')::uuid, md5('{integration}')::uuid, '{code}', now() - interval '2 days',
                now(), now())"
        ));
        self.text(&format!("select md5('{integration}{code}')::uuid"))
    }

    pub fn hookyard(&self, arguments: &[&str]) -> Hookyard {
        let config = self.files.path("hookyard.toml").display().to_string();
        let mut all = vec!["--allow-http", "--allow-egress", "127.0.0.1/32", "--config", &config];
        all.extend(arguments);
        hookyard(&all)
            .database(&self.database)
            .env("HOOKYARD_TEST_FAULT", "read-pause-ms:1")
            .hiding(&self.files.path("").display().to_string(), "[folder]/")
    }

    pub fn poll(&self, arguments: &[&str]) -> Hookyard {
        self.hookyard(&[&["yardi", "poll"], arguments].concat())
    }

    pub fn text(&self, sql: &str) -> String {
        self.database.value(sql)
    }

    /// Everything becomes due again: time passes by moving the stamps.
    pub fn time_passes(&self) {
        self.database.execute(
            "update yardi_properties set last_poll_run = last_poll_run - interval '1 hour';
             update hookyard.yardi_accounts set lease_until = null, leased_by = null;
             update hookyard.mails set try_at = now() where state = 'waiting'",
        );
    }

    /// Invites, entries, links, applicants, in one line.
    pub fn rows(&self) -> String {
        self.text(
            "select (select count(*) from yardi_invites) || ' invites, ' || (select count(*) from entries) || ' entries, '
                || (select count(*) from yardi_entries) || ' links, ' || (select count(*) from applicants) || ' applicants'",
        )
    }
}
