-- Yardi: what hookyard knows beside the documented tables. Who may ask, what each poll came to, what became of an
-- invite, which mails wait, which results were written back.

create table hookyard.yardi_accounts (
    integration_id uuid primary key,
    -- open: the account was refused, and no request is made until `hookyard yardi check` has seen it work
    state text not null default 'closed',
    opened_at timestamptz,
    opened_class text,
    opened_text text,
    checked_at timestamptz,
    -- one request at a time per integration, over all processes and hosts
    lease_until timestamptz,
    leased_by uuid,
    -- raised by every claim, so that a run that lost its lease is told from its successor
    fence bigint not null default 0,
    constraint circuits_are_open_or_closed check (state in ('closed', 'open')),
    constraint opened_iff_open check ((opened_at is not null) = (state = 'open')),
    constraint an_open_circuit_has_a_reason check (state = 'closed' or opened_class is not null),
    constraint a_lease_has_an_owner check ((lease_until is null) = (leased_by is null))
) with (fillfactor = 50);
comment on table hookyard.yardi_accounts is
    'The lease and the circuit of an integration. Written by yardi poll, submit, check and password; nothing is removed.';

create table hookyard.yardi_states (
    property_id uuid primary key,
    integration_id uuid,
    last_success_at timestamptz,
    last_error_at timestamptz,
    last_error_class text,
    last_error text,
    -- polls since the last success
    failures integer not null default 0,
    -- what the last successful poll found: the property's row of hookyard.yardi_polls has the rest
    last_poll_id uuid,
    last_rows integer,
    last_invites integer,
    last_entries integer,
    -- results written back
    last_submit_at timestamptz,
    last_submit_error_at timestamptz,
    last_submit_error text,
    -- the documented submit_date as hookyard found it: results completed before were another application's to submit
    submitted_before timestamptz,
    constraint failures_are_not_negative check (failures >= 0)
) with (fillfactor = 70);
comment on table hookyard.yardi_states is
    'How polling and submitting stand for a property. Written by yardi poll and submit; nothing is removed.';

create table hookyard.yardi_polls (
    id uuid primary key,
    state text not null,
    run_id uuid not null,
    integration_id uuid not null,
    property_id uuid not null,
    -- the request's start, by the database's clock: what last_poll_run becomes
    started_at timestamptz not null,
    finished_at timestamptz not null default now(),
    window_from timestamptz,
    class text,
    error text,
    -- rows of the answer, and what became of each
    rows integer not null default 0,
    invites integer not null default 0,
    entries integer not null default 0,
    corrected integer not null default 0,
    known integer not null default 0,
    flagged integer not null default 0,
    mails integer not null default 0,
    -- rows that were not stored, with how many for which reason
    skipped jsonb not null default '{}',
    constraint poll_states_are_known check (state in ('imported', 'failed')),
    constraint failed_iff_class check ((state = 'failed') = (class is not null))
) with (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
comment on table hookyard.yardi_polls is
    'One poll of one property. Written once, by yardi poll; rows older than 30 days are removed by it.';

create index yardi_polls_by_property on hookyard.yardi_polls (property_id, started_at desc);
create index yardi_polls_by_time on hookyard.yardi_polls (finished_at);

create table hookyard.yardi_imports (
    -- the invite of yardi_invites
    invite_id uuid primary key,
    -- entered: an entry was made; flagged: waits for a correction in Yardi or in yardi_invites
    state text not null,
    integration_id uuid not null,
    property_id uuid not null,
    poll_id uuid not null,
    entry_id uuid,
    flags text[] not null default '{}',
    -- what create_entry said when it refused
    note text,
    -- Yardi's TenantID of the person, as the newest poll that knew one told it: people turn from prospects into tenants,
    -- their guest card is closed then, and a document goes to this code
    tenant_code text,
    created_at timestamptz not null default now(),
    entered_at timestamptz,
    constraint import_states_are_known check (state in ('entered', 'flagged')),
    constraint entered_iff_entry check ((entry_id is not null) = (state = 'entered')),
    constraint flagged_with_a_reason check (state <> 'flagged' or cardinality(flags) > 0)
);
comment on table hookyard.yardi_imports is
    'What became of an invite that hookyard stored. Written by yardi poll; removed by retention only.';

create index yardi_imports_flagged on hookyard.yardi_imports (property_id) where state = 'flagged';
create index yardi_imports_by_poll on hookyard.yardi_imports (poll_id);
create index yardi_imports_by_entry on hookyard.yardi_imports (entry_id) where entry_id is not null;

create table hookyard.mails (
    id uuid primary key,
    -- unknown: the server may have taken it; never sent again by itself
    state text not null default 'waiting',
    invite_id uuid not null,
    integration_id uuid not null,
    property_id uuid not null,
    entry_id uuid not null,
    address text not null,
    -- the property's name and the integration's message when the invite was made
    property_name text,
    custom_message text,
    tries integer not null default 0,
    try_at timestamptz not null default now(),
    lease_until timestamptz,
    leased_by uuid,
    fence bigint not null default 0,
    reason text,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint mail_states_are_known check (state in ('waiting', 'sending', 'sent', 'refused', 'unknown')),
    constraint finished_iff_at_an_end check ((finished_at is null) = (state in ('waiting', 'sending'))),
    constraint leased_iff_sending check ((lease_until is not null) = (state = 'sending')),
    constraint a_lease_has_an_owner check ((lease_until is null) = (leased_by is null)),
    constraint one_address_without_line_breaks check (address !~ '[[:cntrl:],;[:space:]]')
) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
);
comment on table hookyard.mails is
    'Invite mails. Inserted with the entry, in the same transaction; sent by yardi poll after the commit; removed by retention only.';

create unique index mails_once_per_entry on hookyard.mails (entry_id);
create index mails_due on hookyard.mails (try_at) where state = 'waiting';
create index mails_on_their_way on hookyard.mails (lease_until) where state = 'sending';
create index mails_troubled on hookyard.mails (finished_at) where state in ('refused', 'unknown');

create table hookyard.yardi_submissions (
    id uuid primary key,
    -- pending: a write may be on its way; unknown: its answer was lost, and a reading decides before anything else
    state text not null default 'pending',
    entry_id uuid not null,
    -- 1 for the first result, one more whenever the result changed after it was accepted
    revision integer not null,
    integration_id uuid not null,
    property_id uuid not null,
    prospect_code text not null,
    -- of the values that are sent
    values_sha256 bytea not null,
    -- what lets us find our own write again
    marker text not null,
    tries integer not null default 0,
    class text,
    detail text,
    created_at timestamptz not null default now(),
    tried_at timestamptz,
    -- not before; refused ones rest until their values change or a person asks
    try_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint submission_states_are_known check (state in ('pending', 'accepted', 'refused', 'unknown')),
    constraint finished_iff_accepted_or_refused check ((finished_at is not null) = (state in ('accepted', 'refused'))),
    constraint revisions_start_at_1 check (revision >= 1)
) with (fillfactor = 70);
comment on table hookyard.yardi_submissions is
    'One result written back to Yardi, or meant to be. Written by yardi submit; removed by retention only.';

create unique index submissions_once_per_revision on hookyard.yardi_submissions (entry_id, revision);
create index submissions_open on hookyard.yardi_submissions (integration_id) where state in ('pending', 'unknown');
