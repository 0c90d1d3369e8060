-- The queue's hot statements once more, cheaper. A claim finds its rows where it has locked them instead of by their
-- key, and leaves out what is the same for all deliveries of an endpoint, which is read once for each endpoint.
-- Recording leaves out the endpoints' records while there is nothing to say of them. A run of an older hookyard that is
-- under way ends with an error at its next claim, and gives its leases back.

-- The lease makes a row longer by a sixth: room for that, too, or one claim in eight is written to all indexes.
alter table hookyard.deliveries set (fillfactor = 45);
-- Random ids, which no compression makes smaller.
alter table hookyard.runs alter column sending set storage external;

drop function hookyard.claim_due(integer, uuid[], bigint, uuid, integer);
drop function hookyard.claim_planned(integer, uuid[], bigint, uuid, integer, uuid);
drop function hookyard.claim_of_event(integer, uuid[], bigint, uuid, integer, uuid);

-- The three ways to claim are made of one text: what is due, what a replay's plan has released, what is due of one
-- event. $1 how many at most · $2 endpoints left out · $3 the lease in microseconds · $4 the run · $5 payloads up to
-- this size come along · $6 the plan or the event.

do $migration$
declare
    -- Where the row is cannot change between the lock and the update, and `= any (array(…))` keeps the plan on it
    -- however large the queue is.
    leased constant text := $sql$
    leased as (
        update hookyard.deliveries d
        set lease_until = now() + $3 * interval '1 microsecond', leased_by = $4, fence = d.fence + 1,
            interruptions = d.interruptions
                + (not d.owes_attempt and d.id = any (array(select p.id from picked p where p.lapsed)))::int,
            owes_attempt = d.id = any (array(select p.id from picked p where p.lapsed))
        where d.ctid = any (array(select p.place from picked p))
        returning d.id, d.fence, d.event_id, d.webhook_id, d.steps, d.interruptions, d.policy, d.owes_attempt
    )
    $sql$;

    columns constant text := $sql$
    select l.id, l.fence, l.event_id, l.webhook_id, l.steps, l.interruptions, l.owes_attempt,
        case when octet_length(v.payload) <= $5 then v.payload end,
        l.policy, (extract(epoch from clock_timestamp()) * 1000000)::int8
    from leased l
    join hookyard.events v on v.id = l.event_id
    $sql$;

    -- Fairly: every endpoint with something due gets an equal share. An open breaker lets one probe through every
    -- 30 s; an endpoint that has just recovered is paced, by slots that all runs share.
    fairly constant text := $sql$
    with recursive waiting as (
        (select d.webhook_id from hookyard.deliveries d
         where d.state = 'pending' and d.parked_at is null<of> order by d.webhook_id limit 1)
        union all
        select (select d.webhook_id from hookyard.deliveries d
                where d.state = 'pending' and d.parked_at is null<of> and d.webhook_id > w.webhook_id
                order by d.webhook_id limit 1)
        from waiting w where w.webhook_id is not null
    ), due as materialized (
        select w.webhook_id
        from waiting w cross join lateral (
            -- order and limit, so that this stays one look into the index however much is due
            select from hookyard.deliveries d
            where d.webhook_id = w.webhook_id and d.state = 'pending' and d.parked_at is null<of>
              and d.next_attempt_at <= now() and (d.lease_until is null or d.lease_until < now())
            order by d.next_attempt_at limit 1) first
        where w.webhook_id is not null and w.webhook_id <> all ($2)
    ), probed as (
        update hookyard.endpoints e set probe_at = now() + interval '30 s'
        where e.opened_at is not null and e.probe_at <= now() and e.webhook_id in (select webhook_id from due)
        returning e.webhook_id
    ), paced as materialized (
        select e.webhook_id,
            -- another run's transaction may have begun after ours, and taken slots that lie ahead of our now()
            greatest(0, floor(extract(epoch from now() - greatest(e.paced_at, now() - interval '100 ms')) * 45))::int
                as slots
        from hookyard.endpoints e
        where e.paced_until > now() and e.webhook_id in (select webhook_id from due)
        for update skip locked
    ), open as (
        select u.webhook_id,
            case
                when e.opened_at is not null then 1
                when e.paced_until > now() then coalesce(s.slots, 0)
                else $1
            end as most
        from due u
        left join hookyard.endpoints e on e.webhook_id = u.webhook_id
        left join paced s on s.webhook_id = u.webhook_id
        where e.opened_at is null or u.webhook_id in (select webhook_id from probed)
    ), shared as (
        select o.webhook_id, least(o.most, greatest($1 / (count(*) over ())::int, 1)) as most
        from open o order by random()
    ), picked as materialized (
        select p.id, p.place, p.lapsed, p.webhook_id
        from shared o cross join lateral (
            select d.id, d.ctid as place, d.webhook_id,
                d.owes_attempt or d.lease_until is not null and exists (
                    select from hookyard.runs r where r.id = d.leased_by and d.id = any (r.sending)) as lapsed
            from hookyard.deliveries d
            where d.webhook_id = o.webhook_id and d.state = 'pending' and d.parked_at is null<of>
              and d.next_attempt_at <= now() and (d.lease_until is null or d.lease_until < now())
            order by d.next_attempt_at
            limit o.most
            for update skip locked
        ) p
        limit $1
    ), <leased>, slots as (
        update hookyard.endpoints e
        set paced_at = greatest(e.paced_at, now() - interval '100 ms') + n.taken * interval '1 s' / 45
        from (select p.webhook_id, count(*) as taken from picked p join paced s on s.webhook_id = p.webhook_id
              group by p.webhook_id) n
        where e.webhook_id = n.webhook_id
    ) <columns>
    $sql$;

    of_an_event constant text := $sql$
    with picked as materialized (
        select d.id, d.ctid as place, d.webhook_id,
            d.owes_attempt or d.lease_until is not null and exists (
                select from hookyard.runs r where r.id = d.leased_by and d.id = any (r.sending)) as lapsed
        from hookyard.deliveries d
        where d.event_id = $6 and d.state = 'pending' and d.parked_at is null and d.webhook_id <> all ($2)
          and d.next_attempt_at <= now() and (d.lease_until is null or d.lease_until < now())
          and not exists (
            select from hookyard.endpoints e
            where e.webhook_id = d.webhook_id and (e.opened_at is not null or e.paced_until > now()))
        order by d.webhook_id
        limit $1
        for update skip locked
    ), <leased> <columns>
    $sql$;

    answer constant text := 'o_id uuid, o_fence bigint, o_event_id uuid, o_webhook_id uuid, o_steps integer, '
        'o_interruptions integer, o_lapsed boolean, o_payload text, o_policy text, o_now_us bigint';
    way record;
begin
    for way in
        select * from (values
            ('claim_due', 'integer, uuid[], bigint, uuid, integer', fairly, ''),
            ('claim_planned', 'integer, uuid[], bigint, uuid, integer, uuid', fairly, ' and d.plan_id = $6'),
            ('claim_of_event', 'integer, uuid[], bigint, uuid, integer, uuid', of_an_event, '')
        ) as w (name, takes, body, of)
    loop
        execute format(
            'create function hookyard.%I(%s) returns table (%s) language plpgsql set plan_cache_mode = force_custom_plan '
            'as $f$ begin return query %s; end $f$',
            way.name, way.takes, answer,
            replace(replace(replace(way.body, '<of>', way.of), '<leased>', leased), '<columns>', columns));
    end loop;
end
$migration$;

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

-- Counts hours that are over, the newest first, until the time is up; gives how many. One process at a time, by a lock
-- that ends with the transaction. Does nothing where an hour could not be found without reading all attempts. A database
-- that is new has a month of empty hours, which are counted in one statement, not in as many as there are hours.
create or replace function hookyard.count_hours(budget interval) returns integer
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
    v_hour timestamptz;
    v_counted integer := 0;
begin
    select h.hour into v_hour from hookyard.uncounted_hour() h;
    if v_hour is null or not pg_try_advisory_xact_lock(20212) then
        return 0;
    end if;
    if not exists (
        select from pg_index x
        join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0] and a.attname = 'webhook_id'
        join pg_attribute b on b.attrelid = x.indrelid and b.attnum = x.indkey[1] and b.attname = 'created_at'
        where x.indrelid = to_regclass('webhook_delivery_attempts') and x.indisvalid and x.indpred is null)
    then
        return 0;
    end if;
    delete from hookyard.hours h where h.hour < now() - interval '35 days';
    delete from hookyard.counted_hours c where c.hour < now() - interval '35 days';
    if not exists (select from hookyard.counted_hours) then
        insert into hookyard.counted_hours (hour, passes, counted_at)
        select h.hour, 1, clock_timestamp()
        from generate_series(date_trunc('hour', now(), 'UTC') - interval '744 hours',
            date_trunc('hour', now() - interval '10 minutes', 'UTC') - interval '1 hour', interval '1 hour') as h (hour)
        where h.hour + interval '1 hour' <= coalesce((
            select min(first.created_at)
            from webhooks w cross join lateral (
                select a.created_at from webhook_delivery_attempts a
                where a.webhook_id = w.id and a.created_at is not null
                order by a.created_at limit 1) first), 'infinity');
    end if;
    loop
        select h.hour into v_hour from hookyard.uncounted_hour() h;
        exit when v_hour is null or v_counted > 0 and clock_timestamp() > now() + budget;
        delete from hookyard.hours h where h.hour = v_hour;
        insert into hookyard.hours
        select v_hour, w.id, c.attempts, c.successes, c.refused, c.failures, c.no_answer,
            coalesce(o.answers, '')
        from webhooks w
        cross join lateral (
            select count(*) as attempts,
                count(*) filter (where a.response_status between 200 and 299) as successes,
                count(*) filter (where a.response_status between 400 and 499) as refused,
                count(*) filter (where a.response_status >= 400) as failures,
                count(*) filter (where a.response_status = 599) as no_answer
            from webhook_delivery_attempts a
            where a.webhook_id = w.id and a.created_at >= v_hour and a.created_at < v_hour + interval '1 hour') c
        left join (
            select s.webhook_id,
                string_agg(int2send(s.step) || int4send(s.answered), ''::bytea order by s.step) as answers
            from (
                select m.webhook_id, hookyard.answer_step(m.duration_us) as step, count(*)::integer as answered
                from hookyard.attempts m
                -- ids begin with the time of the machine that made them, which is trusted to ten minutes
                where m.id >= hookyard.first_id(v_hour - interval '10 minutes')
                  and m.id < hookyard.first_id(v_hour + interval '70 minutes')
                  and m.started_at >= v_hour and m.started_at < v_hour + interval '1 hour' and m.status is not null
                group by 1, 2) s
            group by s.webhook_id) o on o.webhook_id = w.id
        where c.attempts > 0;
        insert into hookyard.counted_hours as c (hour, passes, counted_at) values (v_hour, 1, clock_timestamp())
        on conflict (hour) do update set passes = c.passes + 1, counted_at = excluded.counted_at;
        v_counted := v_counted + 1;
    end loop;
    return v_counted;
end
$$;
