-- How long answers took, in one value instead of two arrays: a report over a week reads thousands of them, and an array
-- costs the server a call for each of its elements. Hours that were counted are counted again.

truncate hookyard.hours, hookyard.counted_hours;

alter table hookyard.hours
    drop constraint as_many_steps_as_counts,
    drop column steps,
    drop column answered,
    -- of our own attempts: the step (hookyard.answer_step, two bytes) and how many (four bytes), again and again
    add column answers bytea not null default '',
    add constraint answers_are_pairs check (octet_length(answers) % 6 = 0);

-- Counts hours that are over, the newest first, until the time is up; gives how many. One process at a time, by a lock
-- that ends with the transaction. Does nothing where an hour could not be found without reading all attempts.
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
