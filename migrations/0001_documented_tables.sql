-- The six tables of the integration-layer document, and the host application's tables they refer to, in the smallest
-- form that carries the document's columns.
--
-- Run only on a database that has none of the six. A neighbour that is already there is left alone and gets no foreign
-- key from us. On a database that holds any of the six this file is skipped as a whole: those tables are somebody
-- else's, and what is missing is reported by `hookyard database status`.

do $migration$
declare
    api_keys_made boolean := to_regclass('api_keys') is null;
    properties_made boolean := to_regclass('properties') is null;
    entries_made boolean := to_regclass('entries') is null;
begin
    if api_keys_made then
        create table api_keys (
            id uuid primary key,
            name varchar(255),
            inserted_at timestamp not null,
            updated_at timestamp not null
        );
    end if;

    if to_regclass('companies') is null then
        create table companies (
            id uuid primary key,
            name varchar(255),
            api_key_id uuid,
            inserted_at timestamp not null,
            updated_at timestamp not null
        );
        if api_keys_made then
            alter table companies add foreign key (api_key_id) references api_keys (id);
        end if;
    end if;

    if properties_made then
        create table properties (
            id uuid primary key,
            name varchar(255),
            short_id varchar(255),
            company_id uuid,
            inserted_at timestamp not null,
            updated_at timestamp not null
        );
    end if;

    if entries_made then
        create table entries (
            id uuid primary key,
            short_id varchar(255),
            property_id uuid,
            status varchar(255),
            result varchar(255),
            fraud_result varchar(255),
            income_result varchar(255),
            asset_result varchar(255),
            identity_result varchar(255),
            completed_at timestamp,
            inserted_at timestamp not null,
            updated_at timestamp not null
        );
        create index entries_property_id on entries (property_id);
        create index entries_short_id on entries (short_id);
        if properties_made then
            alter table entries add foreign key (property_id) references properties (id);
        end if;
    end if;

    if to_regclass('applicants') is null then
        create table applicants (
            id uuid primary key,
            entry_id uuid not null,
            full_name varchar(255),
            first_name varchar(255),
            last_name varchar(255),
            email varchar(255),
            inserted_at timestamp not null,
            updated_at timestamp not null
        );
        create index applicants_entry_id on applicants (entry_id);
        if entries_made then
            alter table applicants add foreign key (entry_id) references entries (id);
        end if;
    end if;

    if to_regclass('entry_reports') is null then
        create table entry_reports (
            id uuid primary key,
            entry_id uuid not null,
            url varchar(255),
            inserted_at timestamp not null,
            updated_at timestamp not null
        );
        create index entry_reports_entry_id on entry_reports (entry_id);
        if entries_made then
            alter table entry_reports add foreign key (entry_id) references entries (id);
        end if;
    end if;

    create table webhooks (
        id uuid primary key,
        method varchar(255) default 'POST',
        url varchar(255),
        headers jsonb[] not null default '{}',
        events varchar[] not null default '{}',
        is_active boolean default true,
        api_key_id uuid not null,
        inserted_at timestamp not null,
        updated_at timestamp not null
    );

    create table webhook_delivery_attempts (
        id uuid primary key default gen_random_uuid(),
        webhook_id uuid not null references webhooks (id),
        payload jsonb not null,
        response_data jsonb not null,
        response_status integer not null,
        created_at timestamp with time zone default now()
    );

    create table yardi_integrations (
        id uuid primary key,
        wsdl_url varchar(255),
        soap_endpoint varchar(255),
        user_name varchar(255),
        password varchar(255),
        database_name varchar(255),
        platform varchar(255),
        server_name varchar(255),
        activation_date timestamp,
        deactivation_date timestamp,
        alias varchar(255),
        custom_message varchar(255),
        poll_rate integer,
        attachment_type varchar(255),
        short_id varchar(255),
        inserted_at timestamp not null,
        updated_at timestamp not null
    );

    create table yardi_properties (
        property_id uuid primary key,
        yardi_integration_id uuid references yardi_integrations (id),
        yardi_property_id varchar(255),
        activation_date timestamp,
        deactivation_date timestamp,
        last_poll_run timestamp,
        submit_date timestamp,
        inserted_at timestamp not null,
        updated_at timestamp not null
    );

    create table yardi_entries (
        entry_id uuid primary key,
        prospect_code varchar(255),
        inserted_at timestamp not null,
        updated_at timestamp not null
    );

    create table yardi_invites (
        id uuid not null,
        yardi_integration_id uuid not null references yardi_integrations (id),
        prospect_code varchar(255),
        yardi_property_id varchar(255),
        snappt_property_id varchar(255),
        email varchar(255),
        first_name varchar(255),
        last_name varchar(255),
        inserted_at timestamp not null,
        updated_at timestamp not null,
        primary key (id, yardi_integration_id)
    );

    if api_keys_made then
        alter table webhooks add foreign key (api_key_id) references api_keys (id);
    end if;
    if properties_made then
        alter table yardi_properties add foreign key (property_id) references properties (id);
    end if;
    if entries_made then
        alter table yardi_entries add foreign key (entry_id) references entries (id);
    end if;
end
$migration$;

-- The document's nine indexes, as it prints them.
create index idx_webhooks_api_key_active
    on webhooks (api_key_id, is_active)
    where is_active = true;

create index idx_webhooks_events_gin
    on webhooks using gin (events);

create index idx_webhook_delivery_attempts_webhook
    on webhook_delivery_attempts (webhook_id, created_at desc);

create index idx_webhook_delivery_attempts_status
    on webhook_delivery_attempts (response_status, created_at desc)
    where response_status >= 400;

create index idx_yardi_properties_integration
    on yardi_properties (yardi_integration_id)
    where deactivation_date is null;

create index idx_yardi_properties_poll_overdue
    on yardi_properties (last_poll_run)
    where deactivation_date is null;

create index idx_yardi_entries_prospect
    on yardi_entries (prospect_code);

create index idx_yardi_invites_integration
    on yardi_invites (yardi_integration_id, inserted_at desc);

create index idx_yardi_invites_prospect
    on yardi_invites (prospect_code);
