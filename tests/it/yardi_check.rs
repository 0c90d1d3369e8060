//! What Yardi answers, step by step, and what is never said of it.

use crate::support::{Database, Hookyard, hookyard};

/// An integration with one property; its endpoint is somebody's.
fn integration(endpoint: &str) -> Database {
    let database = Database::migrated();
    database.execute(&format!(
        "insert into properties (id, name, short_id, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-000000000001', 'Oak Street', 'OAK', now(), now());
         insert into yardi_integrations (id, short_id, soap_endpoint, user_name, password, database_name, platform,
             server_name, activation_date, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-0000000000aa', 'ACME-YARDI', '{endpoint}', 'voyager-user',
                 'not what is stored', 'EXAMPLE_DB', 'Voyager', 'yardi01', now(), now(), now());
         insert into yardi_properties (property_id, yardi_integration_id, yardi_property_id, activation_date,
             inserted_at, updated_at)
             values ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000aa', 'PROP-700',
                 now(), now(), now());"
    ));
    database
}

fn check(database: &Database) -> Hookyard {
    hookyard(&["yardi", "check", "ACME-YARDI", "--password-env", "YARDI_PASSWORD"])
        .database(database)
        .env("YARDI_PASSWORD", "p&w<\"'>ü")
}

#[test]
fn a_place_that_may_not_be_dialled_is_not() {
    let database = integration("http://127.0.0.1:9/yardi");
    insta::assert_snapshot!(check(&database).run(), @r"
    ACME-YARDI at http://127.0.0.1:9/yardi, profile conceptual

     step         state   what it says
     integration  ok      active, with 1 of 1 properties active
     reach        failed  plain http is not allowed: https is required

    reach: correct soap_endpoint, or open the address with --allow-egress if it is meant
    --- stderr
    (nothing)
    --- exit 4
    ");
}

#[test]
fn an_integration_that_nobody_knows_is_not_found() {
    let database = Database::migrated();
    let run =
        hookyard(&["yardi", "check", "x' OR '1'='1", "--password-env", "YARDI_PASSWORD"]).database(&database);
    insta::assert_snapshot!(run.env("YARDI_PASSWORD", "x").run(), @r"
    (nothing)
    --- stderr
    error: the integration x' OR '1'='1 was not found
    --- exit 1
    ");
}
