-- hookyard's own tables. Everything lives in schema `hookyard`; no foreign key points at a table that is not ours,
-- since a host that deletes an entry or a webhook must never be stopped by us.

create table hookyard.events (
    id uuid primary key,
    event_type text not null,
    created_at timestamptz not null default now(),
    api_key_id uuid,
    entry_id uuid,
    payload text not null,
    payload_sha256 bytea not null,
    -- whether jsonb takes the payload: what it refuses is stored wrapped in the documented table, and sent unchanged
    is_jsonb boolean not null,
    -- made on purpose although the same event was already there
    is_again boolean not null default false,
    constraint payloads_are_at_most_1_mib check (octet_length(payload) <= 1048576),
    constraint event_types_are_1_to_255_characters check (length(event_type) between 1 and 255),
    constraint created_at_is_finite check (isfinite(created_at))
);
comment on table hookyard.events is
    'What happened, once and for ever. Written by hookyard.enqueue; nothing changes a row; removed by retention only.';

-- One event for one entry, event type and payload, however often it is enqueued.
create unique index events_once_per_entry
    on hookyard.events (entry_id, event_type, payload_sha256)
    where entry_id is not null and not is_again;
create index events_by_entry on hookyard.events (entry_id) where entry_id is not null;

create table hookyard.deliveries (
    id uuid primary key,
    state text not null default 'pending',
    event_id uuid not null references hookyard.events (id),
    webhook_id uuid not null,
    -- every request made, and every lost lease
    attempts integer not null default 0,
    -- steps of the retry schedule used up
    steps integer not null default 0,
    -- leases lost while the request was on the wire
    interruptions integer not null default 0,
    -- the attempt of such a lease is still to be written: the run that found it may die, too
    owes_attempt boolean not null default false,
    next_attempt_at timestamptz default now(),
    -- waits outside the queue because its endpoint is inactive
    parked_at timestamptz,
    lease_until timestamptz,
    leased_by uuid,
    -- the fencing token: raised by every claim, so that a run that lost its lease cannot record
    fence bigint not null default 0,
    policy text,
    -- what the last attempt came to, or why the delivery died
    reason text,
    last_status integer,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint states_are_pending_delivered_dead check (state in ('pending', 'delivered', 'dead')),
    constraint finished_iff_not_pending check ((finished_at is null) = (state = 'pending')),
    constraint next_attempt_iff_pending check ((next_attempt_at is not null) = (state = 'pending')),
    constraint leased_only_while_pending check (lease_until is null or state = 'pending'),
    constraint a_lease_has_an_owner check ((lease_until is null) = (leased_by is null)),
    constraint counts_are_not_negative check (attempts >= 0 and steps between 0 and attempts and interruptions >= 0),
    constraint times_are_finite check (
        isfinite(created_at) and isfinite(next_attempt_at) and isfinite(lease_until) and isfinite(finished_at)
    )
) with (
    -- room on every page for the lease of each row that stands there
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);
comment on table hookyard.deliveries is
    'One event for one endpoint: the queue and its outcome. Inserted by hookyard.enqueue, moved by webhook send, retry and replay; removed by retention only.';

create unique index deliveries_once_per_endpoint on hookyard.deliveries (event_id, webhook_id);
-- The queue. A claim changes only lease columns, none of which is indexed, so that it stays a heap-only update.
create index deliveries_due on hookyard.deliveries (webhook_id, next_attempt_at)
    where state = 'pending' and parked_at is null;
create index deliveries_parked on hookyard.deliveries (webhook_id) where parked_at is not null;
create index deliveries_dead on hookyard.deliveries (id) where state = 'dead';
create index deliveries_by_endpoint on hookyard.deliveries (webhook_id, id);

create table hookyard.attempts (
    -- the same id as the documented row in webhook_delivery_attempts
    id uuid primary key,
    outcome text not null,
    -- no foreign key: the row is inserted from the delivery's own, and a check for each costs a tenth of the rate
    delivery_id uuid not null,
    webhook_id uuid not null,
    number integer not null,
    started_at timestamptz not null,
    duration_us bigint not null,
    -- the HTTP status; null when there was no answer
    status integer,
    reason text,
    constraint attempts_start_at_1 check (number >= 1),
    constraint outcomes_are_known check (outcome in (
        'accepted', 'rejected', 'server_error', 'redirected', 'timeout', 'refused', 'dns', 'tls', 'reset', 'blocked',
        'protocol', 'config', 'interrupted'
    )),
    constraint accepted_iff_2xx check ((outcome = 'accepted') = coalesce(status between 200 and 299, false)),
    constraint durations_are_not_negative check (duration_us >= 0)
) with (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);
comment on table hookyard.attempts is
    'One HTTP request of a delivery, or one lost lease. Written once by the run that made it; removed by retention only.';

create index attempts_by_delivery on hookyard.attempts (delivery_id, number);

create table hookyard.endpoints (
    webhook_id uuid primary key,
    -- retry policy; null means the default in force
    policy text,
    -- failures since the last success, of the kinds that are retried
    failures integer not null default 0,
    -- the breaker: open since, and when the next probe may go
    opened_at timestamptz,
    probe_at timestamptz,
    -- after an outage: requests are paced until then; the last slot given out
    paced_until timestamptz,
    paced_at timestamptz,
    -- 410 Gone
    gone_at timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_failure text,
    constraint a_breaker_has_a_probe check ((opened_at is null) = (probe_at is null))
) with (fillfactor = 50);
comment on table hookyard.endpoints is
    'What hookyard knows of a webhook: policy (operators), breaker, pace, last success and failure (webhook send and retry). One row per webhook that was ever attempted.';
create index endpoints_open on hookyard.endpoints (webhook_id) where opened_at is not null;
create index endpoints_paced on hookyard.endpoints (webhook_id) where paced_until is not null;

create table hookyard.alerts (
    id uuid primary key,
    webhook_id uuid not null,
    opened_at timestamptz not null default now(),
    -- the first success after the outage
    closed_at timestamptz,
    delivery_id uuid not null,
    reason text not null,
    -- the alert URL answered 2xx
    told_at timestamptz,
    tries integer not null default 0,
    try_at timestamptz not null default now()
);
comment on table hookyard.alerts is
    'One row per outage of an endpoint, from its first dead delivery to its next success. Written by webhook send and retry.';
create unique index one_open_alert_per_endpoint on hookyard.alerts (webhook_id) where closed_at is null;
create index alerts_to_tell on hookyard.alerts (try_at) where told_at is null;

create table hookyard.runs (
    id uuid primary key,
    command text not null,
    host text not null,
    pid integer not null,
    operator text not null,
    started_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    finished_at timestamptz,
    -- deliveries whose request may be on the wire: what was not yet sent is not called interrupted
    sending uuid[] not null default '{}'
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
-- Written hundreds of times a second, and random ids do not compress.
alter table hookyard.runs alter column sending set storage external;
comment on table hookyard.runs is
    'One row per process that delivers. Written by that process; rows older than a week are removed by webhook retry.';
create index runs_by_command on hookyard.runs (command, started_at desc);

create table hookyard.acts (
    id uuid primary key,
    acted_at timestamptz not null default now(),
    operator text not null,
    host text not null,
    command text not null,
    detail jsonb not null default '{}'
);
comment on table hookyard.acts is 'What operators did on purpose. Written by the verb that did it; never removed.';
create index acts_by_time on hookyard.acts (acted_at desc);
