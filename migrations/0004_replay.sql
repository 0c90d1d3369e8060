-- Replays: what an operator means to deliver again, frozen, and how far it has come. A replay never makes a second
-- delivery of the same event for the same endpoint: it opens the one that is there again.

alter table hookyard.deliveries
    -- the plan that opened it last
    add column plan_id uuid,
    -- its first success, kept when a delivered one is replayed: a replay that fails does not undo what arrived
    add column arrived_at timestamptz,
    add constraint arrived_at_is_finite check (isfinite(arrived_at));

-- What a plan has released. Rows of no plan are not in it, so that a claim's update stays heap-only.
create index deliveries_planned on hookyard.deliveries (plan_id, webhook_id, next_attempt_at)
    where plan_id is not null and state = 'pending' and parked_at is null;

create index acts_by_detail on hookyard.acts using gin (detail jsonb_path_ops);

create table hookyard.plans (
    id uuid primary key,
    state text not null default 'planned',
    created_at timestamptz not null default now(),
    operator text not null,
    host text not null,
    command text not null,
    -- why, in the operator's words
    reason text,
    -- what was asked for
    filter jsonb not null,
    items bigint not null default 0,
    -- what the filter found beyond --max
    left_out bigint not null default 0,
    includes_delivered boolean not null,
    -- releases a second, over all processes; null for no limit
    rate integer,
    -- so many of each endpoint first
    canary integer,
    -- another receiver: nothing of this plan counts as delivered
    to_url text,
    started_at timestamptz,
    -- the last sign of a process at work on it
    seen_at timestamptz,
    -- the moment up to which the rate is used up
    paced_at timestamptz,
    finished_at timestamptz,
    constraint plan_states_are_known check (state in ('planned', 'running', 'paused', 'cancelled', 'finished')),
    constraint ended_iff_cancelled_or_finished check ((finished_at is null) = (state not in ('cancelled', 'finished'))),
    constraint rates_are_positive check (rate > 0 and canary > 0)
);
comment on table hookyard.plans is
    'What an operator means to deliver again. Written by webhook replay; removed by retention only.';

create table hookyard.plan_endpoints (
    plan_id uuid not null references hookyard.plans (id),
    webhook_id uuid not null,
    -- canary: the first few only; open: all; stopped: its canaries failed
    state text not null,
    items bigint not null,
    released bigint not null default 0,
    -- of these, how many arrived and how many did not at once
    arrived bigint not null default 0,
    failed bigint not null default 0,
    bytes bigint not null,
    oldest_at timestamptz,
    newest_at timestamptz,
    -- how many had come to what
    came_to jsonb not null,
    -- attempts whose answer was lost: the endpoint may have the event
    at_risk bigint not null,
    note text,
    primary key (plan_id, webhook_id),
    constraint endpoint_states_are_known check (state in ('canary', 'open', 'stopped'))
);
comment on table hookyard.plan_endpoints is
    'A plan''s share of one endpoint. Written by webhook replay; removed with its plan.';

-- No foreign keys: a plan of a million is stored in one statement, and a check for each row would double its time.
create table hookyard.plan_items (
    plan_id uuid not null,
    number integer not null,
    state text not null default 'waiting',
    webhook_id uuid not null,
    -- one of three: a delivery of ours, an attempt of another sender, or an event that has no delivery here yet
    delivery_id uuid,
    host_attempt_id uuid,
    event_id uuid,
    -- how the delivery stood when it was released, to be put back when it is not sent
    was_state text,
    was_at timestamptz,
    was_steps integer,
    was_attempts integer,
    released_at timestamptz,
    note text,
    primary key (plan_id, number),
    constraint item_states_are_known check (
        state in ('waiting', 'released', 'arrived', 'refused', 'unreachable', 'due', 'skipped')),
    constraint released_items_have_a_delivery check (state <> 'released' or delivery_id is not null)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
comment on table hookyard.plan_items is
    'One delivery that a plan means to make again. Written by webhook replay; removed with its plan.';

create index plan_items_waiting on hookyard.plan_items (plan_id, webhook_id, number) where state = 'waiting';
create index plan_items_released on hookyard.plan_items (plan_id, webhook_id) where state = 'released';
-- Of what was released only: planning a million fills no index in random order.
create index plan_items_by_delivery on hookyard.plan_items (delivery_id) where released_at is not null;
