-- Failures of hours that are counted, grouped as the document's "Failed deliveries in last 24 hours" groups them. A day's
-- failures lie on as many pages of the attempts as there are failures; their groups are a few hundred small rows.

alter table hookyard.counted_hours
    -- the pass whose failures are grouped; hours that no report asks for by group stay at none
    add column grouped_pass integer not null default 0;

create table hookyard.failed_hours (
    hour timestamptz not null references hookyard.counted_hours on delete cascade,
    webhook_id uuid not null,
    response_status integer not null,
    -- equal for answers that are equal as jsonb; the answer itself may be long, and somebody's
    answer bigint not null,
    failures bigint not null,
    -- made by a run that died with the request on the wire
    is_interrupted boolean not null,
    -- one of webhook_delivery_attempts that has this answer
    example_id uuid not null,
    primary key (hour, webhook_id, response_status, answer)
) with (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
comment on table hookyard.failed_hours is
    'Failures of one endpoint in one counted hour with one status and one answer. Written by hookyard.group_failures, which webhook retry calls; removed by it after 26 hours, and with the counted hour.';
comment on table hookyard.counted_hours is
    'Hours that are counted in full, the empty ones included. Written by hookyard.count_hours and group_failures, removed by count_hours and by database prune.';

-- Groups the failures of the last day's counted hours, the newest first, until the time since the transaction's beginning
-- is up; gives how many hours. The lock is that of hookyard.count_hours: no hour is grouped while it is counted anew.
create function hookyard.group_failures(budget interval) returns integer
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
    v_hour timestamptz;
    v_pass integer;
    v_grouped integer := 0;
begin
    if not pg_try_advisory_xact_lock(20212) then
        return 0;
    end if;
    delete from hookyard.failed_hours f where f.hour < now() - interval '26 hours';
    for v_hour, v_pass in
        select c.hour, c.passes from hookyard.counted_hours c
        where c.hour > now() - interval '24 hours' and c.grouped_pass < c.passes
        order by c.hour desc
    loop
        exit when v_grouped > 0 and clock_timestamp() > now() + budget;
        delete from hookyard.failed_hours f where f.hour = v_hour;
        insert into hookyard.failed_hours
            (hour, webhook_id, response_status, answer, failures, is_interrupted, example_id)
        select v_hour, h.webhook_id, f.response_status, f.answer, f.failures, f.is_interrupted, f.example_id
        from hookyard.hours h
        cross join lateral (
            select a.response_status, coalesce(jsonb_hash_extended(a.response_data, 0), 0) as answer,
                count(*) as failures,
                coalesce(bool_or(a.response_status = 599
                    and a.response_data -> 'error' ->> 'kind' = 'interrupted'), false) as is_interrupted,
                max(a.id::text)::uuid as example_id
            from webhook_delivery_attempts a
            where a.webhook_id = h.webhook_id and a.response_status >= 400
              and a.created_at >= v_hour and a.created_at < v_hour + interval '1 hour'
            group by 1, 2) f
        where h.hour = v_hour and h.failures > 0;
        update hookyard.counted_hours c set grouped_pass = v_pass where c.hour = v_hour;
        v_grouped := v_grouped + 1;
    end loop;
    return v_grouped;
end
$$;
