//! Somebody else's database: told what is missing, entries made in its own way, nobody else's rows touched.

use crate::support::{Database, Estate, Soap, element};

const FUNCTION: &str = "
    create function hookyard.create_entry(property_id uuid, first_name text, last_name text, email text, prospect_code text)
    returns uuid language plpgsql as $$
    declare
        v_folder uuid := gen_random_uuid();
        v_applicant uuid := gen_random_uuid();
        v_entry uuid := gen_random_uuid();
    begin
        insert into folders values (v_folder, create_entry.property_id, now() at time zone 'utc', now() at time zone 'utc');
        insert into applicants values (v_applicant, create_entry.first_name, create_entry.last_name,
            jsonb_build_object('email', create_entry.email), now() at time zone 'utc', now() at time zone 'utc');
        insert into entries (id, folder_id, primary_applicant_id, status, inserted_at, updated_at)
        values (v_entry, v_folder, v_applicant, 'invited', now() at time zone 'utc', now() at time zone 'utc');
        return v_entry;
    end $$";

const GRANTS: &str = "
    grant select on yardi_integrations to hookyard_app;
    grant select, update (last_poll_run, submit_date, updated_at) on yardi_properties to hookyard_app;
    grant select, insert on yardi_entries to hookyard_app;
    grant select, insert, update (email, first_name, last_name, updated_at) on yardi_invites to hookyard_app;
    grant insert on folders, applicants, entries to hookyard_app";

const THEIRS: &str = "
    select md5(string_agg(t, '|' order by t)) from (
        select v::text as t from yardi_invites v where v.id::text like '80000000-%'
        union all select y::text from yardi_entries y where y.entry_id::text like 'e0000000-%'
        union all select i::text from yardi_integrations i where i.short_id is null
        union all select e::text from entries e where e.id::text like 'e0000000-%') t";

#[test]
fn an_inherited_database_says_what_it_lacks_and_then_imports_beside_its_own_rows() {
    let soap = Soap::start();
    let estate = Estate::on(Database::foreign_migrated());
    let told = estate.poll(&[]).run().exits(4);
    for what in [
        "role hookyard_app lacks select on yardi_integrations",
        "role hookyard_app lacks select, insert on yardi_entries",
        "function hookyard.create_entry is missing",
        "grant update (last_poll_run, submit_date, updated_at) on yardi_properties to hookyard_app;",
    ] {
        assert!(told.stderr.contains(what), "{what}\n{told}");
    }
    estate.database.session_as("hookyard_app").execute(FUNCTION);
    estate.database.execute(GRANTS);
    estate.database.execute(&format!(
        "update yardi_integrations set activation_date = '2023-01-01', short_id = 'ACME', password = 'x',
            soap_endpoint = '{}' where poll_rate = 15;
         update yardi_integrations set activation_date = '2023-01-01' where poll_rate > 1000000;
         update yardi_properties set yardi_property_id = 'maple'",
        soap.url("/acme")
    ));
    let before = estate.text(THEIRS);
    soap.has_people("maple", 0, 3);
    let told = estate.poll(&["--quiet"]).run().succeeds();
    assert!(told.stdout.starts_with("1 property polled, 3 rows: 3 new invites, 3 entries\n"), "{told}");
    let made = "select count(*) from entries e join folders f on f.id = e.folder_id join applicants a
        on a.id = e.primary_applicant_id where e.status = 'invited' and f.property_id is not null";
    assert_eq!(estate.text(made), "3");
    assert_eq!(
        estate
            .text("select distinct snappt_property_id from yardi_invites where prospect_code like 'PROS-%'"),
        "PR-1"
    );
    assert_eq!(estate.text(THEIRS), before, "nobody else's row has changed");
    // Their own invite is known by its code, names and address.
    estate.database.execute("update yardi_properties set last_poll_run = '2024-01-15'");
    soap.says(
        "maple",
        crate::support::Says::Prospects(vec![
            ["p0012345", "John", "Smith", "John@example.com"].map(str::to_owned),
        ]),
    );
    let told = estate.poll(&["--quiet"]).run().succeeds();
    assert_eq!(told.stdout, "1 property polled, 1 rows: 0 new invites, 0 entries, 1 known\n");

    // Results: entry → folder → property, through the view.
    estate.database.execute("update entries set finished_at = now() where status = 'invited'");
    estate.hookyard(&["yardi", "submit"]).run().succeeds();
    let sent = soap.requests().iter().filter_map(|body| element(body, "ScreeningStatus")).count();
    assert_eq!(sent, 3, "theirs of two years ago are not");
}
