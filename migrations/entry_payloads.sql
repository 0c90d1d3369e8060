-- Created only where absent and never replaced: redefine it when entries, properties or companies look different.
-- One row per entry; the columns' names and types are the contract (`hookyard database status` checks them).
create view hookyard.entry_payloads as
select
    e.id as entry_id,
    c.api_key_id as api_key_id,
    e.short_id::text as short_id,
    e.property_id::text as property_id,
    e.result::text as result,
    a.full_name::text as applicant_full_name,
    a.email::text as applicant_email,
    e.fraud_result::text as fraud_result,
    e.income_result::text as income_result,
    e.asset_result::text as asset_result,
    e.identity_result::text as identity_result,
    e.completed_at as completed_at,
    r.url::text as report_url
from entries e
left join properties p on p.id = e.property_id
left join companies c on c.id = p.company_id
left join lateral (
    select coalesce(a.full_name, nullif(concat_ws(' ', a.first_name, a.last_name), '')) as full_name, a.email
    from applicants a where a.entry_id = e.id order by a.inserted_at, a.id limit 1
) a on true
left join lateral (
    select r.url from entry_reports r where r.entry_id = e.id order by r.inserted_at desc, r.id limit 1
) r on true;
