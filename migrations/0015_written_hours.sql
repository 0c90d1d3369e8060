-- Attempts counted as they are written, for whoever makes so many in an hour that a report cannot read them one by one.
-- Nothing here touches the documented table before its owner asks for it: select hookyard.count_writes(true).

create table hookyard.written_hours (
    hour timestamptz not null,
    webhook_id uuid not null,
    response_status integer not null,
    -- of failures, as in hookyard.failed_hours
    answer bigint,
    is_interrupted boolean not null,
    -- below zero: attempts that were taken away
    attempts bigint not null,
    last_at timestamptz,
    example_id uuid,
    -- put together from the rows of many statements
    is_merged boolean not null default false
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
comment on table hookyard.written_hours is
    'What statements wrote to webhook_delivery_attempts, by hour of the attempt. Written by its triggers where count_writes made them; merged by merge_written, which webhook retry calls, and removed once the hour is counted.';

create table hookyard.counted_writes (
    is_there boolean primary key default true check (is_there),
    -- no attempt of this hour or a later one was there before its writes were counted
    since timestamptz not null,
    -- with the transactions that made them: a trigger that was disabled for a moment is another one
    triggers text[] not null,
    -- what missed_writes gives out next as long as nothing was missed; another one for each beginning, for a look that
    -- began before it
    next_missed bigint not null
);
comment on table hookyard.counted_writes is
    'The one row: from when on written_hours is complete. Written by hookyard.count_writes and merge_written.';

-- Has given out a number if a statement could not be counted: that stays, whatever else fails.
create sequence hookyard.missed_writes;

-- One function for each kind of statement, made of one text. Whoever writes an attempt waits for no row of ours, since
-- rows are only added, and never fails for our sake: what cannot be counted is noted, and reports read the attempts again.
-- <written> are the rows, `sign` one for those that came and minus one for those that went. Most statements write one
-- attempt, and to add that up would cost them as much as all else here. Answers are hashed as hookyard.group_failures
-- hashes them.
do $migration$
declare
    head constant text := $f$create function hookyard.%I() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as %L$f$;
    one constant text := $f$
    perform from new_rows offset 1 limit 1;
    if not found then
        insert into hookyard.written_hours
            (hour, webhook_id, response_status, answer, is_interrupted, attempts, last_at, example_id)
        select date_trunc('hour', n.created_at, 'UTC'), n.webhook_id, n.response_status,
            case when n.response_status >= 400 then coalesce(jsonb_hash_extended(n.response_data, 0), 0) end,
            n.response_status = 599 and coalesce(n.response_data -> 'error' ->> 'kind' = 'interrupted', false),
            1, n.created_at, case when n.response_status >= 400 then n.id end
        from new_rows n
        where isfinite(n.created_at);
        return null;
    end if;
$f$;
    body text := $f$
begin<one>
    insert into hookyard.written_hours
        (hour, webhook_id, response_status, answer, is_interrupted, attempts, last_at, example_id)
    select date_trunc('hour', w.created_at, 'UTC'), w.webhook_id, w.response_status,
        case when w.response_status >= 400 then coalesce(jsonb_hash_extended(w.response_data, 0), 0) end as answer,
        coalesce(bool_or(w.response_status = 599 and w.response_data -> 'error' ->> 'kind' = 'interrupted'), false),
        sum(w.sign), max(w.created_at) filter (where w.sign > 0),
        max(case when w.sign > 0 and w.response_status >= 400 then w.id::text end)::uuid
    from (<written>) w
    where isfinite(w.created_at)
    group by 1, 2, 3, 4
    having sum(w.sign) <> 0;
    return null;
exception when others then
    perform nextval('hookyard.missed_writes');
    return null;
end
$f$;
    came constant text := 'select n.*, 1 as sign from new_rows n';
    went constant text := 'select o.*, -1 as sign from old_rows o';
begin
    execute format(head, 'count_inserted', replace(replace(body, '<one>', one), '<written>', came));
    body := replace(body, '<one>', '');
    execute format(head, 'count_deleted', replace(body, '<written>', went));
    execute format(head, 'count_updated', replace(body, '<written>', came || ' union all ' || went));
end
$migration$;

create function hookyard.count_truncated() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from hookyard.written_hours;
    return null;
exception when others then
    perform nextval('hookyard.missed_writes');
    return null;
end
$$;

-- The triggers that count on a table, as they are now; null: not all of them, or one is disabled.
create function hookyard.counting_triggers(regclass) returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select case when count(*) = 4 then array_agg(t.tgname || ' ' || t.xmin::text order by t.tgname) end
    from pg_trigger t
    where t.tgrelid = $1 and t.tgenabled = 'O'
        and t.tgname in ('hookyard_counts_inserted', 'hookyard_counts_updated', 'hookyard_counts_deleted',
            'hookyard_counts_truncated')
$$;

-- From which hour on all attempts of the table were counted as they were written; null: they were not, or not all. What
-- is written to a table that inherits from it fires nothing here.
create function hookyard.writes_counted_since(regclass) returns timestamptz
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select c.since
    from hookyard.counted_writes c cross join hookyard.missed_writes m
    where c.triggers = hookyard.counting_triggers($1) and c.next_missed = m.last_value and not m.is_called
        and not exists (select from pg_inherits i where $1 in (i.inhrelid, i.inhparent))
$$;

-- What is written down of that, begun anew: for the owner of the table only.
create function hookyard.begin_counting(regclass, timestamptz) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_next bigint;
begin
    if not (select pg_has_role(session_user, c.relowner, 'usage') from pg_class c where c.oid = $1) then
        raise exception 'only the owner of % decides how its writes are counted', $1
            using errcode = 'insufficient_privilege';
    end if;
    delete from hookyard.counted_writes;
    delete from hookyard.written_hours;
    -- Unlike setval, this is undone with the transaction.
    select m.last_value + 1 into v_next from hookyard.missed_writes m;
    execute format('alter sequence hookyard.missed_writes restart with %s', v_next);
    insert into hookyard.counted_writes (since, triggers, next_missed)
    select $2, hookyard.counting_triggers($1), v_next where $2 is not null;
end
$$;

-- For the owner of webhook_delivery_attempts: counts what is written there from now on, or stops. Gives the hour from
-- which on it counts: the one after the newest attempt that is there. Waits half a second for the table at most, since
-- whoever writes waits meanwhile; then it says so and can be called again.
create function hookyard.count_writes(is_wanted boolean) returns timestamptz
language plpgsql strict
set lock_timeout = '500ms'
set client_min_messages = warning
set enable_seqscan = off
as $$
declare
    attempts constant regclass := to_regclass('webhook_delivery_attempts');
    v_since timestamptz;
begin
    if attempts is null then
        raise exception 'there is no table webhook_delivery_attempts' using errcode = 'undefined_table';
    end if;
    -- Or the newest attempt may be one that is not seen here.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'counting begins in a transaction that is read committed'
            using errcode = 'invalid_transaction_state';
    end if;
    v_since := hookyard.writes_counted_since(attempts);
    if is_wanted and v_since is not null then
        return v_since;
    end if;
    drop trigger if exists hookyard_counts_inserted on webhook_delivery_attempts;
    drop trigger if exists hookyard_counts_updated on webhook_delivery_attempts;
    drop trigger if exists hookyard_counts_deleted on webhook_delivery_attempts;
    drop trigger if exists hookyard_counts_truncated on webhook_delivery_attempts;
    if not is_wanted then
        perform hookyard.begin_counting(attempts, null);
        return null;
    end if;
    if exists (select from pg_inherits i where attempts in (i.inhrelid, i.inhparent)) then
        raise exception 'webhook_delivery_attempts has partitions, whose writes cannot be counted here'
            using errcode = 'feature_not_supported';
    end if;
    create trigger hookyard_counts_inserted after insert on webhook_delivery_attempts
        referencing new table as new_rows for each statement execute function hookyard.count_inserted();
    create trigger hookyard_counts_updated after update on webhook_delivery_attempts
        referencing new table as new_rows old table as old_rows
        for each statement execute function hookyard.count_updated();
    create trigger hookyard_counts_deleted after delete on webhook_delivery_attempts
        referencing old table as old_rows for each statement execute function hookyard.count_deleted();
    create trigger hookyard_counts_truncated after truncate on webhook_delivery_attempts
        for each statement execute function hookyard.count_truncated();
    select date_trunc('hour', max(l.created_at), 'UTC') + interval '1 hour' into v_since
    from webhooks w cross join lateral (
        select a.created_at from webhook_delivery_attempts a
        where a.webhook_id = w.id and a.created_at < 'infinity'
        order by a.created_at desc limit 1) l;
    v_since := coalesce(v_since, '2000-01-01 00:00:00Z');
    perform hookyard.begin_counting(attempts, v_since);
    return v_since;
end
$$;

-- Puts together what many statements have written, and removes what belongs to hours that are counted; from there on,
-- since what comes to such an hour later is not the whole of it. Gives how many rows it put together. The lock is that of
-- hookyard.count_hours.
create function hookyard.merge_written() returns bigint
language plpgsql
set jit = off
as $$
declare
    v_merged bigint := 0;
    v_is_much boolean;
begin
    if not exists (select from hookyard.written_hours) or not pg_try_advisory_xact_lock(20212) then
        return 0;
    end if;
    update hookyard.counted_writes c set since = h.last + interval '1 hour'
    from (
        select max(w.hour) as last from hookyard.written_hours w
        where w.hour in (select k.hour from hookyard.counted_hours k)) h
    where c.since <= h.last;
    delete from hookyard.written_hours w
    where w.hour < coalesce((select c.since from hookyard.counted_writes c), 'infinity');
    -- As much again as is merged already: whoever has thousands of endpoints does not have them all rewritten each time.
    select count(*) filter (where not w.is_merged) > greatest(1000, count(*) filter (where w.is_merged)) into v_is_much
    from hookyard.written_hours w;
    if v_is_much then
        with gone as (
            delete from hookyard.written_hours w returning w.*
        )
        insert into hookyard.written_hours
            (hour, webhook_id, response_status, answer, is_interrupted, attempts, last_at, example_id, is_merged)
        select g.hour, g.webhook_id, g.response_status, g.answer, bool_or(g.is_interrupted), sum(g.attempts),
            max(g.last_at), max(g.example_id::text)::uuid, true
        from gone g
        group by 1, 2, 3, 4
        having sum(g.attempts) <> 0;
        get diagnostics v_merged = row_count;
    end if;
    return v_merged;
end
$$;
