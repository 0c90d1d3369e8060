-- Made only where absent and never replaced: redefine it when entries and applicants look different, or when making an
-- entry takes more than these rows. `hookyard yardi poll` calls it once per new prospect, inside the transaction that
-- stores the invite; a null or an error (other than of the schema) sets that one prospect aside and costs no other.
do $fits$
begin
    perform e.id, e.short_id, e.property_id, e.status, e.inserted_at, e.updated_at from entries e where false;
    perform a.id, a.entry_id, a.full_name, a.first_name, a.last_name, a.email, a.inserted_at, a.updated_at
    from applicants a where false;
end
$fits$;

create function hookyard.create_entry(
    property_id uuid,
    first_name text,
    last_name text,
    email text,
    prospect_code text
) returns uuid
language plpgsql
as $$
declare
    v_entry_id uuid := gen_random_uuid();
    v_now timestamp := date_trunc('second', now() at time zone 'utc');
begin
    insert into entries (id, short_id, property_id, status, inserted_at, updated_at)
    values (v_entry_id, 'SNAP-' || upper(left(replace(v_entry_id::text, '-', ''), 10)), create_entry.property_id, 'pending', v_now, v_now);
    insert into applicants (id, entry_id, full_name, first_name, last_name, email, inserted_at, updated_at)
    values (gen_random_uuid(), v_entry_id,
        left(nullif(concat_ws(' ', create_entry.first_name, create_entry.last_name), ''), 255),
        create_entry.first_name, create_entry.last_name, create_entry.email, v_now, v_now);
    return v_entry_id;
end
$$;
comment on function hookyard.create_entry(uuid, text, text, text, text) is
    'Make an entry and its applicant for a prospect imported from Yardi; returns the entry''s id. A company may redefine it.';
