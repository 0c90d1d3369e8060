-- Attempts by hour, counted once the hour is over: a report over a week then reads a few thousand small rows, not
-- millions of attempts. What is not counted yet is read from the attempts themselves, so nothing depends on this being
-- up to date. The attempts' own table is somebody else's and gets neither trigger nor index.

create table hookyard.hours (
    hour timestamptz not null,
    webhook_id uuid not null,
    -- of webhook_delivery_attempts, whoever wrote them
    attempts bigint not null,
    successes bigint not null,
    -- 400 to 499
    refused bigint not null,
    -- 400 and above
    failures bigint not null,
    -- 599
    no_answer bigint not null,
    -- how long our own attempts took to be answered: the step (hookyard.answer_step, two bytes) and how many (four
    -- bytes), again and again; one value, because a report reads thousands, and each element of an array would cost a call
    answers bytea not null default '',
    primary key (hour, webhook_id),
    constraint answers_are_pairs check (octet_length(answers) % 6 = 0)
) with (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
comment on table hookyard.hours is
    'Attempts of one endpoint in one hour. Written by hookyard.count_hours, which webhook retry calls; removed by it after 35 days, and by database prune with what they count.';

create table hookyard.counted_hours (
    hour timestamptz primary key,
    -- again after two hours and after a day, for what was recorded late
    passes integer not null,
    counted_at timestamptz not null,
    constraint passes_are_1_to_3 check (passes between 1 and 3)
);
comment on table hookyard.counted_hours is
    'Hours that are counted in full, the empty ones included. Written and removed by hookyard.count_hours.';

-- Counts hours that are over, the newest first, until the time is up; gives how many. One process at a time, by a lock
-- that ends with the transaction. Does nothing where an hour could not be found without reading all attempts.
create function hookyard.count_hours(budget interval) returns integer
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

-- The newest hour of 31 days that is over for ten minutes and not yet counted, or counted before what is recorded late
-- can have come.
create function hookyard.uncounted_hour(out hour timestamptz)
language sql stable
as $$
    select h.hour
    from generate_series(date_trunc('hour', now(), 'UTC') - interval '744 hours',
        date_trunc('hour', now() - interval '10 minutes', 'UTC') - interval '1 hour', interval '1 hour') as h (hour)
    left join hookyard.counted_hours c on c.hour = h.hour
    where c.passes is null
       or c.passes = 1 and h.hour < now() - interval '3 hours' and c.counted_at < h.hour + interval '3 hours'
       or c.passes = 2 and h.hour < now() - interval '25 hours' and c.counted_at < h.hour + interval '25 hours'
    order by c.passes is not null, h.hour desc
    limit 1
$$;

-- The step of an answer's time: a seventh of e wide, from 0.1 ms on.
create function hookyard.answer_step(duration_us bigint) returns smallint
language sql immutable
as $$
    select least(127, floor(ln(greatest(duration_us, 100)::float8 / 100) * 7))::smallint
$$;

-- The smallest version 7 id of a moment.
create function hookyard.first_id(at timestamptz) returns uuid
language sql immutable
as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;
