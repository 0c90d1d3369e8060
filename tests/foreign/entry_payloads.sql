-- The seam, written for this company: entries hang on folders and folders on properties, a company has several api
-- keys, rulings are rows, the time of completion has a zone. Run it as hookyard's role; `hookyard database migrate`
-- leaves it alone.
create view hookyard.entry_payloads as
select
    e.id as entry_id,
    (
        select k.id from api_keys k
        where k.company_id = p.company_id and k.revoked_at is null
        order by k.inserted_at desc, k.id limit 1
    ) as api_key_id,
    e.short_id::text as short_id,
    p.id::text as property_id,
    e.suggested_ruling::text as result,
    nullif(concat_ws(' ', a.given_name, a.family_name), '') as applicant_full_name,
    a.contact ->> 'email' as applicant_email,
    (select r.ruling::text from entry_rulings r where r.entry_id = e.id and r.kind = 'fraud') as fraud_result,
    (select r.ruling::text from entry_rulings r where r.entry_id = e.id and r.kind = 'income') as income_result,
    (select r.ruling::text from entry_rulings r where r.entry_id = e.id and r.kind = 'asset') as asset_result,
    (select r.ruling::text from entry_rulings r where r.entry_id = e.id and r.kind = 'identity') as identity_result,
    e.finished_at at time zone 'UTC' as completed_at,
    'https://app.example.com/reports/' || e.id::text as report_url
from entries e
left join folders f on f.id = e.folder_id
left join properties p on p.id = f.property_id
left join applicants a on a.id = e.primary_applicant_id;
