-- What an operator gives hookyard's role on a database that belongs to somebody else. Run it as a superuser, or as the
-- owner of the database and of the tables. `hookyard_app` is hookyard's role, `platform_owner` the host application's.

-- A schema of its own, so that hookyard needs no right to create anything in the database.
create schema hookyard authorization hookyard_app;

-- To deliver: read endpoints, and write the documented record of each attempt.
grant usage on schema public to hookyard_app;
grant select on webhooks to hookyard_app;
grant select, insert on webhook_delivery_attempts to hookyard_app;

-- Only to remove what is old, by hookyard database prune.
-- grant delete, update (payload, response_data) on webhook_delivery_attempts to hookyard_app;

-- The view hookyard.entry_payloads reads with the rights of its owner, which is hookyard's role.
grant select on entries, entry_rulings, folders, properties, companies, api_keys, applicants to hookyard_app;

-- The host application calls hookyard.enqueue inside its own transaction, with its own rights.
grant usage on schema hookyard to platform_owner;
alter default privileges for role hookyard_app in schema hookyard grant select, insert on tables to platform_owner;
