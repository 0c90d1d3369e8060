-- Somebody else's database, as hookyard may find it: the document's six tables owned by another role, with foreign
-- keys, other core tables (entries hang on folders, folders on properties, an api key belongs to a company), rows as an
-- Ecto application leaves them, another job runner, and one webhook of every bad kind.
--
-- Load it as a superuser into an empty database. Afterwards grants.sql gives hookyard's role its rights, and
-- entry_payloads.sql says where this company keeps the payload's fields.

do $roles$
begin
    if not exists (select from pg_roles where rolname = 'platform_owner') then
        create role platform_owner login;
    end if;
    if not exists (select from pg_roles where rolname = 'hookyard_app') then
        create role hookyard_app login;
    end if;
end
$roles$;

grant create, usage on schema public to platform_owner;
set role platform_owner;

create table companies (
    id uuid primary key,
    legal_name varchar(255) not null,
    settings jsonb default '{}',
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

-- Several keys per company; the newest one that is not revoked counts.
create table api_keys (
    id uuid primary key,
    company_id uuid not null references companies (id) on delete cascade,
    digest bytea not null,
    revoked_at timestamp,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

create table properties (
    id uuid primary key,
    company_id uuid not null references companies (id),
    name varchar(255),
    short_id varchar(255),
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

create table folders (
    id uuid primary key,
    property_id uuid references properties (id),
    inserted_at timestamp not null,
    updated_at timestamp not null
);

create table applicants (
    id uuid primary key,
    given_name varchar(255),
    family_name varchar(255),
    contact jsonb,
    inserted_at timestamp not null,
    updated_at timestamp not null
);

create table entries (
    id uuid primary key,
    folder_id uuid references folders (id),
    primary_applicant_id uuid references applicants (id),
    short_id varchar(255),
    status varchar(255),
    suggested_ruling varchar(255),
    finished_at timestamptz,
    inserted_at timestamp not null,
    updated_at timestamp not null
);

create table entry_rulings (
    entry_id uuid not null references entries (id),
    kind varchar(255) not null,
    ruling varchar(255),
    primary key (entry_id, kind)
);

create table webhooks (
    id uuid primary key,
    method varchar(255) default 'POST',
    url varchar(255),
    headers jsonb[] not null default array[]::jsonb[],
    events varchar(255)[] not null default array[]::varchar[],
    is_active boolean default true,
    api_key_id uuid not null references api_keys (id) on delete cascade,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);
create index webhooks_api_key_id_index on webhooks (api_key_id);

create table webhook_delivery_attempts (
    id uuid primary key default gen_random_uuid(),
    webhook_id uuid not null references webhooks (id) on delete cascade,
    payload jsonb not null,
    response_data jsonb not null,
    response_status integer not null,
    created_at timestamptz default now()
);
create index webhook_delivery_attempts_webhook_id_index on webhook_delivery_attempts (webhook_id);

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
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

create table yardi_properties (
    property_id uuid primary key references properties (id) on delete cascade,
    yardi_integration_id uuid references yardi_integrations (id),
    yardi_property_id varchar(255),
    activation_date timestamp,
    deactivation_date timestamp,
    last_poll_run timestamp,
    submit_date timestamp,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

create table yardi_entries (
    entry_id uuid primary key references entries (id) on delete cascade,
    prospect_code varchar(255),
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
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
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null,
    primary key (id, yardi_integration_id)
);

create table oban_jobs (
    id bigserial primary key,
    state text not null default 'available',
    queue text not null default 'default',
    worker text not null,
    args jsonb not null default '{}',
    attempt integer not null default 0,
    max_attempts integer not null default 20,
    inserted_at timestamp not null default timezone('UTC', now()),
    scheduled_at timestamp not null default timezone('UTC', now())
);

create table schema_migrations (
    version bigint primary key,
    inserted_at timestamp(0)
);
insert into schema_migrations values (20210304101112, '2021-03-04 10:12:00');

-- Rows. Whole seconds where the schema says :naive_datetime, microseconds where it says :utc_datetime_usec.
-- The ids tell what they are: c… company, a… api key, 9… property, f… folder, e… entry, b… applicant, d… webhook.

insert into companies values
    ('c0000000-0000-4000-8000-000000000001', 'Acme Homes, LLC', '{"plan": "pro"}', '2021-03-04 10:12:00', '2024-05-06 07:08:09'),
    ('c0000000-0000-4000-8000-000000000002', 'Søns & Dóttir "Living"', null, '2022-01-01 00:00:00', '2022-01-01 00:00:00');

insert into api_keys values
    ('a0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', '\xdeadbeef', null, '2021-03-04 10:13:00', '2021-03-04 10:13:00'),
    ('a0000000-0000-4000-8000-000000000002', 'c0000000-0000-4000-8000-000000000001', '\xfeedface', '2023-01-01 00:00:00.000001', '2020-03-04 10:13:00', '2023-01-01 00:00:00'),
    ('a0000000-0000-4000-8000-000000000003', 'c0000000-0000-4000-8000-000000000002', '\xcafe', null, '2022-01-01 00:00:01', '2022-01-01 00:00:01');

insert into properties values
    ('90000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'Maple Court', 'PR-1', '2021-03-05 00:00:00', '2021-03-05 00:00:00'),
    ('90000000-0000-4000-8000-000000000002', 'c0000000-0000-4000-8000-000000000002', null, null, '2022-01-02 00:00:00', '2022-01-02 00:00:00');

insert into folders values
    ('f0000000-0000-4000-8000-000000000001', '90000000-0000-4000-8000-000000000001', '2024-01-15 09:00:00.123456', '2024-01-15 09:00:00.123456'),
    ('f0000000-0000-4000-8000-000000000002', '90000000-0000-4000-8000-000000000002', '2024-01-15 09:00:00.5', '2024-01-15 09:00:00.5'),
    ('f0000000-0000-4000-8000-000000000003', null, '2024-01-15 09:00:00', '2024-01-15 09:00:00');

insert into applicants values
    ('b0000000-0000-4000-8000-000000000001', 'John', 'Smith', '{"email": "john@example.com", "phone": null}', '2024-01-15 09:00:01.000001', '2024-01-15 09:00:01.000001'),
    ('b0000000-0000-4000-8000-000000000002', null, null, null, '2024-01-15 09:00:01', '2024-01-15 09:00:01');

insert into entries values
    ('e0000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001',
        'SNAP-12345', 'completed', 'CLEAN', '2024-01-15 10:30:00+00', '2024-01-15 09:00:02.654321', '2024-01-15 10:30:00.000001'),
    ('e0000000-0000-4000-8000-000000000002', 'f0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
        null, 'in_review', null, null, '2024-01-15 09:00:03', '2024-01-15 09:00:03'),
    -- reaches no property, so no company and no api key
    ('e0000000-0000-4000-8000-000000000003', 'f0000000-0000-4000-8000-000000000003', null,
        'SNAP-3', 'completed', 'FRAUD', 'infinity', '2024-01-15 09:00:04', '2024-01-15 09:00:04');

insert into entry_rulings values
    ('e0000000-0000-4000-8000-000000000001', 'fraud', 'CLEAN'),
    ('e0000000-0000-4000-8000-000000000001', 'income', 'APPROVED'),
    ('e0000000-0000-4000-8000-000000000001', 'asset', 'APPROVED'),
    ('e0000000-0000-4000-8000-000000000001', 'identity', null);

insert into webhooks (id, method, url, headers, events, is_active, api_key_id, inserted_at, updated_at) values
    -- a good one, and one for other events
    ('d0000000-0000-4000-8000-000000000001', 'POST', 'https://hooks.example.com/good',
        array['{"name": "Authorization", "value": "Bearer customer_secret_token"}', '{"name": "X-Custom-Header", "value": "custom_value", "id": 1}']::jsonb[],
        '{entry.completed,fraud.detected}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:00', '2024-05-06 07:08:09'),
    ('d0000000-0000-4000-8000-000000000002', 'POST', 'https://hooks.example.com/other', '{}',
        '{income.verified}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:01', '2021-04-01 00:00:01'),
    -- url null
    ('d0000000-0000-4000-8000-000000000003', 'POST', null, '{}',
        '{entry.completed}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:02', '2021-04-01 00:00:02'),
    -- method null
    ('d0000000-0000-4000-8000-000000000004', null, 'https://hooks.example.com/method-null', '{}',
        '{entry.completed}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:03', '2021-04-01 00:00:03'),
    -- method GET
    ('d0000000-0000-4000-8000-000000000005', 'GET', 'https://hooks.example.com/method-get', '{}',
        '{entry.completed}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:04', '2021-04-01 00:00:04'),
    -- a null element among the headers
    ('d0000000-0000-4000-8000-000000000006', 'POST', 'https://hooks.example.com/header-null',
        array['{"name": "X-One", "value": "1"}', null]::jsonb[],
        '{entry.completed}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:05', '2021-04-01 00:00:05'),
    -- headers of the wrong shape: a map, a bare string, a number for a value
    ('d0000000-0000-4000-8000-000000000007', 'POST', 'https://hooks.example.com/header-shape',
        array['{"Authorization": "Bearer x"}', '"X-Two: 2"', '{"name": "X-Three", "value": 3}']::jsonb[],
        '{entry.completed}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:06', '2021-04-01 00:00:06'),
    -- is_active null: inactive
    ('d0000000-0000-4000-8000-000000000008', 'POST', 'https://hooks.example.com/active-null', '{}',
        '{entry.completed}', null, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:07', '2021-04-01 00:00:07'),
    -- for a test to delete between enqueue and delivery
    ('d0000000-0000-4000-8000-000000000009', 'POST', 'https://hooks.example.com/to-be-deleted', '{}',
        '{entry.completed}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:08', '2021-04-01 00:00:08'),
    -- an infinite timestamp
    ('d0000000-0000-4000-8000-00000000000a', 'POST', 'https://hooks.example.com/infinity', '{}',
        '{entry.completed}', true, 'a0000000-0000-4000-8000-000000000001', '2021-04-01 00:00:09', 'infinity'),
    -- no headers and no events at all
    ('d0000000-0000-4000-8000-00000000000b', 'PUT', 'https://hooks.example.com/no-events', '{}',
        '{}', true, 'a0000000-0000-4000-8000-000000000003', '2022-01-03 00:00:00', '2022-01-03 00:00:00'),
    -- switched off by the customer
    ('d0000000-0000-4000-8000-00000000000c', 'POST', 'https://hooks.example.com/off', '{}',
        '{entry.completed}', false, 'a0000000-0000-4000-8000-000000000003', '2022-01-03 00:00:01', '2022-01-03 00:00:01');

-- Somebody else has been delivering.
insert into webhook_delivery_attempts values
    ('10000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000001', '{"event": "entry.completed", "entry_id": "abc-123"}',
        '{"status": "received"}', 200, '2024-01-15 10:30:01.250001+00'),
    ('10000000-0000-4000-8000-000000000002', 'd0000000-0000-4000-8000-000000000002', '{"event": "income.verified"}',
        '{"error": "Invalid authentication token", "code": "AUTH_FAILED"}', 401, '2024-01-15 10:31:00+00'),
    ('10000000-0000-4000-8000-000000000003', 'd0000000-0000-4000-8000-000000000002', '{"event": "income.verified"}',
        'null', 503, null),
    ('10000000-0000-4000-8000-000000000004', 'd0000000-0000-4000-8000-000000000002', '[]', '{}', 500, 'infinity');

insert into yardi_integrations (id, soap_endpoint, user_name, poll_rate, alias, inserted_at, updated_at) values
    ('70000000-0000-4000-8000-000000000001', 'https://yardi.example.com/ItfResidentScreening.asmx', 'snappt', 15, 'Acme Yardi', '2023-01-01 00:00:00', '2023-01-01 00:00:00'),
    ('70000000-0000-4000-8000-000000000002', null, null, 2147483647, null, '2023-01-01 00:00:00', '2023-01-01 00:00:00');

insert into yardi_properties values
    ('90000000-0000-4000-8000-000000000001', '70000000-0000-4000-8000-000000000001', 'maple', '2023-01-02 00:00:00', null, '2024-01-15 08:00:00', null, '2023-01-02 00:00:00', '2024-01-15 08:00:00'),
    ('90000000-0000-4000-8000-000000000002', null, null, null, null, null, null, '2023-01-02 00:00:00', '2023-01-02 00:00:00');

insert into yardi_entries values
    ('e0000000-0000-4000-8000-000000000001', 'p0012345', '2024-01-15 09:00:05', '2024-01-15 09:00:05'),
    ('e0000000-0000-4000-8000-000000000002', null, '2024-01-15 09:00:06', '2024-01-15 09:00:06');

insert into yardi_invites values
    ('80000000-0000-4000-8000-000000000001', '70000000-0000-4000-8000-000000000001', 'p0012345', 'maple', 'PR-1', 'john@example.com', 'John', 'Smith', '2024-01-15 08:00:00', '2024-01-15 08:00:00'),
    ('80000000-0000-4000-8000-000000000002', '70000000-0000-4000-8000-000000000001', 'p0012345', 'maple', 'PR-1', null, 'Jane', null, '2024-01-15 08:00:00', '2024-01-15 08:00:00');

insert into oban_jobs (state, queue, worker, args) values
    ('completed', 'webhooks', 'Platform.Workers.DeliverWebhook', '{"webhook_id": "d0000000-0000-4000-8000-000000000001"}'),
    ('retryable', 'webhooks', 'Platform.Workers.DeliverWebhook', '{"webhook_id": "d0000000-0000-4000-8000-000000000002"}');

reset role;
