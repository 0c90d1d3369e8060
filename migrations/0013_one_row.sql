-- Recording once more, the same but for its plan in a session that begins while there are few deliveries.

-- Moves deliveries, inserts attempts, writes the documented rows, and keeps the endpoints' records, all or nothing. The
-- payload never travels back: it is read where it lies. Gives the deliveries that were still the run's ($1), and the
-- endpoints whose breaker is open. The owner is compared as a column of `settled`: as a parameter it looks selective,
-- and the plan then scans the whole queue for it.
create or replace function hookyard.finish_attempts(
    uuid, uuid[], bigint[], uuid[], text[], text[], bigint[], integer[], integer[], text[], text[], bigint[], bigint[],
    integer[], text[], uuid[], boolean[], integer[], boolean[], text[]
) returns table (o_id uuid, o_is_open boolean)
language plpgsql
-- The plan must be right for every size the tables will have: one look by primary key for each row. The limit of
-- `settled` cuts nothing off. It makes the plan one for a single row: where the table is small, ten looks seem to cost
-- more than reading all of it, and a session that began with an empty queue kept reading all of it.
set plan_cache_mode = force_generic_plan
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
    return query
    with settled as materialized (
        select s.*, $1::uuid as run from unnest(
            $2::uuid[], $3::int8[], $4::uuid[], $5::text[], $6::text[], $7::int8[], $8::int4[], $9::int4[], $10::text[],
            $11::text[], $12::int8[], $13::int8[], $14::int4[], $15::text[])
        as s (delivery_id, fence, attempt_id, outcome, state, delay_us, step, status, reason, fate, started_us,
              duration_us, response_status, response_data)
        limit cardinality($2)
    ), moved as (
        update hookyard.deliveries d
        -- a replay that fails does not undo what had arrived before
        set state = case when s.state = 'dead' and d.arrived_at is not null then 'delivered' else s.state end,
            attempts = d.attempts + 1, steps = d.steps + s.step,
            next_attempt_at = case when s.state = 'pending' then now() + s.delay_us * interval '1 microsecond' end,
            finished_at = case when s.state <> 'pending' then now() end,
            lease_until = null, leased_by = null, reason = s.fate, last_status = s.status
        from settled s
        where d.id = s.delivery_id and d.fence = s.fence and d.leased_by = s.run and d.state = 'pending'
        returning d.id, d.event_id, d.webhook_id, d.attempts, d.state, s.attempt_id, s.outcome, s.status, s.reason,
            s.fate, s.started_us, s.duration_us, s.response_status, s.response_data
    ), written as (
        insert into hookyard.attempts
            (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status, reason)
        select m.attempt_id, m.outcome, m.id, m.webhook_id, m.attempts,
            to_timestamp(m.started_us / 1000000.0), m.duration_us, m.status, m.reason
        from moved m
    ), documented as (
        insert into webhook_delivery_attempts
            (id, webhook_id, payload, response_data, response_status, created_at)
        select m.attempt_id, m.webhook_id,
            case when v.is_jsonb then v.payload::jsonb else jsonb_build_object('raw', v.payload) end,
            m.response_data::jsonb, m.response_status, to_timestamp(m.started_us / 1000000.0)
        from moved m join hookyard.events v on v.id = m.event_id
        where exists (select from webhooks w where w.id = m.webhook_id)
    ), opened as (
        insert into hookyard.alerts (id, webhook_id, delivery_id, reason)
        select distinct on (m.webhook_id) hookyard.new_id(), m.webhook_id, m.id, m.fate
        from moved m where m.state = 'dead'
        order by m.webhook_id, m.id
        on conflict (webhook_id) where closed_at is null do nothing
    )
    select m.id, false from moved m;

    if cardinality($16) = 0 then
        return;
    end if;
    return query
    with told as (
        select * from unnest($16::uuid[], $17::bool[], $18::int4[], $19::bool[], $20::text[])
        as t (webhook_id, succeeded, failures, gone, last_failure)
        order by webhook_id
    ), kept as (
        insert into hookyard.endpoints as e
            (webhook_id, failures, opened_at, probe_at, gone_at, last_success_at, last_failure_at, last_failure)
        select t.webhook_id, t.failures,
            case when t.failures >= 20 then now() end,
            case when t.failures >= 20 then now() + interval '30 s' end,
            case when t.gone then now() end,
            case when t.succeeded then now() end,
            case when t.last_failure is not null then now() end,
            t.last_failure
        from told t order by t.webhook_id
        on conflict (webhook_id) do update set
            failures = case when excluded.last_success_at is not null then excluded.failures
                else e.failures + excluded.failures end,
            opened_at = case
                when excluded.last_success_at is not null then null
                when e.failures + excluded.failures >= 20 then coalesce(e.opened_at, now())
                else e.opened_at end,
            probe_at = case
                when excluded.last_success_at is not null then null
                when e.failures + excluded.failures >= 20 then coalesce(e.probe_at, now() + interval '30 s')
                else e.probe_at end,
            paced_until = case
                when excluded.last_success_at is not null and e.opened_at is not null then now() + interval '60 s'
                when e.paced_until > now() then e.paced_until end,
            paced_at = case
                when excluded.last_success_at is not null and e.opened_at is not null then now()
                else e.paced_at end,
            gone_at = case when excluded.last_success_at is not null then null
                else coalesce(e.gone_at, excluded.gone_at) end,
            last_success_at = coalesce(excluded.last_success_at, e.last_success_at),
            last_failure_at = coalesce(excluded.last_failure_at, e.last_failure_at),
            last_failure = coalesce(excluded.last_failure, e.last_failure)
        returning e.webhook_id, e.opened_at
    ), closed as (
        update hookyard.alerts a set closed_at = now()
        -- not what has just been opened
        where a.closed_at is null and a.opened_at < now()
          and a.webhook_id in (select t.webhook_id from told t where t.succeeded)
    )
    select k.webhook_id, true from kept k where k.opened_at is not null;
end
$$;
