-- A month that never was, for `hookyard demo --history`: customers under .example, which no resolver knows, under an api
-- key of their own, so that nothing is ever sent to them. The same every time: chance is a hash of the row's number.

insert into api_keys (id, name, inserted_at, updated_at)
values ('de300000-0000-4000-8000-000000000101', 'demo, the past', now(), now()) on conflict do nothing;

insert into webhooks (id, url, events, api_key_id, inserted_at, updated_at)
select ('de300000-0000-4000-8000-0000000002' || lpad(n::text, 2, '0'))::uuid, url, '{entry.completed}',
    'de300000-0000-4000-8000-000000000101', now(), now()
from unnest(array[
    'https://crm.maple-court.example/hooks/screening',
    'https://alerts.birchwood.example/in',
    'https://api.northside-living.example/v2/webhooks/entries',
    'https://hooks.elm-street.example/',
    'https://intake.cedar-row.example/completed'
]) with ordinality as t (url, n)
on conflict do nothing;

-- Busy by day, quiet by night and at the weekend; an outage two days ago, and one customer whose new release refuses.
with hours as (
    select date_trunc('hour', now()) - n * interval '1 hour' as at, n from generate_series(0, 24 * 8) n
), sent as (
    select h.at + i * interval '151 s' as at, h.n, k, (abs(hashint8(h.n * 7919 + k * 104729 + i)) % 10000) / 10000.0 as luck,
        (abs(hashint8(h.n * 31 + k * 17 + i * 131)) % 10000) / 10000.0 as pace
    from hours h cross join generate_series(1, 5) k cross join lateral generate_series(1, greatest(1, (2 + 20 / sqrt(k)
        * greatest(0, sin((extract(hour from h.at) - 6) / 12 * pi()))
        * case when extract(isodow from h.at) > 5 then 0.35 else 1 end)::int)) i
), past as materialized (
    select i.id as event_id, i.id as delivery_id, s.at,
    ('de300000-0000-4000-8000-0000000002' || lpad(s.k::text, 2, '0'))::uuid as webhook_id,
    case when s.k = 3 and s.at >= date_trunc('day', now()) - interval '38 hours' and s.at < date_trunc('day', now()) - interval '33 hours' then case when s.luck < 0.55 then 'server_error' when s.luck < 0.9 then 'timeout' end
        when s.k = 5 and s.n < 22 and s.luck < 0.22 then 'rejected'
        when s.k = 2 and s.luck < 0.02 then 'server_error'
        when s.luck > 0.997 then 'timeout' end as trouble,
    (1000 * (60 + 35 * s.k + 160 * s.k * s.pace ^ 4)
            * (0.8 + 0.7 * (abs(hashint4(extract(doy from s.at)::int * 7)) % 100) / 100.0))::bigint as took
from sent s cross join lateral (
        select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
            placing substring(int8send((extract(epoch from s.at) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1),
            'hex')::uuid as id) i
    where s.at < now() - interval '2 minutes'
), events as (
    insert into hookyard.events (id, event_type, api_key_id, payload, payload_sha256, is_jsonb, is_again, created_at)
select event_id, 'entry.completed', 'de300000-0000-4000-8000-000000000101', '{"event":"entry.completed"}',
        sha256('{"event":"entry.completed"}'), true, true, at
    from past
), deliveries as (
    insert into hookyard.deliveries (id, state, event_id, webhook_id, attempts, steps, next_attempt_at, reason, last_status,
    created_at, finished_at)
select delivery_id, case trouble when 'rejected' then 'dead' else 'delivered' end, event_id, webhook_id, n, n, null,
    case trouble when 'rejected' then 'rejected: 422' end, case trouble when 'rejected' then 422 else 200 end, at,
    at + (n - 1) * interval '1 minute'
from past cross join lateral (select case when trouble in ('server_error', 'timeout') then 2 else 1 end as n) a
), made as materialized (
    select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
            placing substring(int8send((extract(epoch from p.at + n.number * interval '1 ms') * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1),
            'hex')::uuid as id,
        p.*, n.number, case when n.number = 1 then coalesce(p.trouble, 'accepted') else 'accepted' end as outcome
    from past p cross join lateral generate_series(1, case when p.trouble in ('server_error', 'timeout') then 2 else 1 end) n (number)
), ours as (
    insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status, reason)
    select id, outcome, delivery_id, webhook_id, number, at + (number - 1) * interval '1 minute',
        case outcome when 'timeout' then 30000000 when 'server_error' then took * 4 else took end,
        case outcome when 'accepted' then 200 when 'rejected' then 422 when 'server_error' then 503 end,
        case outcome when 'timeout' then 'no answer: timeout' end
    from made
), documented as (
    insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status, created_at)
select id, webhook_id, '{"event": "entry.completed"}',
    case outcome when 'accepted' then '{"ok": true}'::jsonb when 'rejected' then '{"error": "unknown field fraud_result"}'
        when 'server_error' then '{"raw": "Service Unavailable"}' else '{"error": {"kind": "timeout"}}' end,
    case outcome when 'accepted' then 200 when 'rejected' then 422 when 'server_error' then 503 else 599 end,
    at + (number - 1) * interval '1 minute'
    from made
)
insert into hookyard.endpoints (webhook_id, last_success_at, last_failure_at, last_failure)
select webhook_id, max(at) filter (where trouble is null), max(at) filter (where trouble is not null),
    (array_agg(case trouble when 'rejected' then '422' when 'server_error' then '503' else 'no answer: timeout' end
        order by at desc) filter (where trouble is not null))[1]
from past group by webhook_id on conflict do nothing;

insert into hookyard.runs (id, command, host, pid, operator, started_at, seen_at, finished_at)
select gen_random_uuid(), 'webhook retry', 'demo', 1000 + n, 'cron', at, at + interval '2 s', at + interval '2 s'
from generate_series(1, 24 * 60) n cross join lateral (select now() - n * interval '1 minute') t (at);

-- Yardi: four properties of one account, one of which has not been polled for a while.
insert into yardi_integrations (id, soap_endpoint, alias, platform, poll_rate, activation_date, inserted_at, updated_at)
values ('de300000-0000-4000-8000-000000000301', 'https://voyager.yardi.example/Webservices/ItfResidentData.asmx', 'Demo Voyager', 'SQL Server', 15, now(), now(), now());

insert into properties (id, name, short_id, inserted_at, updated_at)
select ('de300000-0000-4000-8000-00000000040' || n)::uuid, name, 'DEMO' || n, now(), now()
from unnest(array['Maple Court', 'Birchwood Flats', 'Cedar Row', 'Elm Street Lofts']) with ordinality as t (name, n);

insert into yardi_properties (property_id, yardi_integration_id, yardi_property_id, activation_date, last_poll_run,
    inserted_at, updated_at)
select ('de300000-0000-4000-8000-00000000040' || n)::uuid, 'de300000-0000-4000-8000-000000000301', 'p' || n, now(),
    (now() at time zone 'utc') - case n when 4 then interval '95 minutes' else n * interval '3 minutes' end, now(), now()
from generate_series(1, 4) n;

insert into yardi_invites (id, yardi_integration_id, prospect_code, yardi_property_id, snappt_property_id, email, first_name,
    last_name, inserted_at, updated_at)
select gen_random_uuid(), 'de300000-0000-4000-8000-000000000301', 'demo-' || d || '-' || i, 'p1', 'DEMO1',
    'prospect@example.com', 'Sam', 'Doe', at - i * interval '17 minutes', now()
from generate_series(0, 29) d cross join lateral (select (now() at time zone 'utc') - d * interval '1 day') t (at)
cross join lateral generate_series(1, 3 + abs(hashint8(d * 97)) % 6 - case when extract(isodow from at) > 5 then 2 else 0 end) i;

with met as (
    select gen_random_uuid() as id, v.prospect_code, v.inserted_at from yardi_invites v
    where v.prospect_code like 'demo-%' and abs(hashtext(v.prospect_code)) % 100
        < case when v.inserted_at > (now() at time zone 'utc') - interval '3 days' then 35 else 78 end
), entered as (
    insert into entries (id, property_id, status, inserted_at, updated_at)
    select id, 'de300000-0000-4000-8000-000000000401', 'created', inserted_at, now() from met returning id
)
insert into yardi_entries (entry_id, prospect_code, inserted_at, updated_at)
select m.id, m.prospect_code, m.inserted_at, now() from met m;

insert into hookyard.yardi_polls (id, state, run_id, integration_id, property_id, started_at, finished_at, class, rows)
select gen_random_uuid(), case when class is null then 'imported' else 'failed' end, gen_random_uuid(),
    'de300000-0000-4000-8000-000000000301', ('de300000-0000-4000-8000-00000000040' || k)::uuid, at, at + interval '2 s',
    class, 3
from generate_series(0, 29 * 96) n cross join generate_series(1, 4) k
cross join lateral (select now() - n * interval '15 minutes') t (at)
cross join lateral (select case when k = 4 and n < 6 then 'timeout' when abs(hashint8(n * 13 + k)) % 1000 < 9 then 'timeout'
    when n between 1040 and 1062 then 'unreachable' end) c (class);

-- Hours that `webhook retry` has counted on this database had none of this: they are counted anew.
select pg_advisory_xact_lock(20212);
delete from hookyard.hours;
delete from hookyard.counted_hours;
