-- The two seams: the view entry_payloads, which an operator may redefine, and the function enqueue, which the host
-- application calls inside its own transaction.

-- Version 7 ids, for callers that bring none: sorted by time, made without an extension.
create function hookyard.new_id() returns uuid
language sql volatile
as $$
    select encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
                from 1 for 6),
            52, 1), 53, 1),
        'hex')::uuid
$$;

create function hookyard.takes_jsonb(payload text) returns boolean
language plpgsql immutable
as $$
begin
    perform payload::jsonb;
    return true;
exception when others then
    return false;
end
$$;

-- Stores an event and one delivery per subscriber; returns the event's id, also when it was already there.
create function hookyard.insert_event(
    p_event_type text,
    p_payload text,
    p_api_key_id uuid,
    p_entry_id uuid,
    p_webhook_ids uuid[],
    p_event_id uuid,
    p_again boolean
) returns uuid
language plpgsql
as $$
declare
    v_id uuid := coalesce(p_event_id, hookyard.new_id());
    v_sha256 bytea := sha256(convert_to(p_payload, 'UTF8'));
    v_found hookyard.events%rowtype;
begin
    insert into hookyard.events (id, event_type, api_key_id, entry_id, payload, payload_sha256, is_jsonb, is_again)
    values (v_id, p_event_type, p_api_key_id, p_entry_id, p_payload, v_sha256, hookyard.takes_jsonb(p_payload), p_again)
    on conflict do nothing;

    if not found then
        select * into v_found from hookyard.events e where e.id = v_id;
        if found then
            if v_found.event_type <> p_event_type or v_found.payload_sha256 <> v_sha256 then
                raise exception 'event id % already names another event', v_id
                    using errcode = 'unique_violation', hint = 'Choose another event id; an id names one event for ever.';
            end if;
            return v_id;
        end if;
        select e.id into v_id from hookyard.events e
        where e.entry_id = p_entry_id and e.event_type = p_event_type and e.payload_sha256 = v_sha256 and not e.is_again;
        if v_id is null then
            -- Under REPEATABLE READ the row that stands in the way can be invisible to us.
            raise exception 'the event was enqueued at the same moment by another transaction'
                using errcode = 'serialization_failure';
        end if;
        return v_id;
    end if;

    -- Two statements, so that each is planned for its own index. An array of text would not compare with varchar's.
    if p_webhook_ids is not null then
        insert into hookyard.deliveries (id, event_id, webhook_id)
        select hookyard.new_id(), v_id, w.id from webhooks w where w.id = any (p_webhook_ids);
    else
        insert into hookyard.deliveries (id, event_id, webhook_id)
        select hookyard.new_id(), v_id, w.id
        from webhooks w
        where w.api_key_id = p_api_key_id and w.is_active = true
            and w.events::varchar[] @> array[p_event_type]::varchar[];
    end if;
    return v_id;
end
$$;

-- JSON text of a value that may be null, without the spaces that json_build_object puts in.
create function hookyard.json_or_null(value text) returns text
language sql immutable
as $$ select coalesce(to_json(value)::text, 'null') $$;

-- The payload of an event of an entry: twelve keys in the document's order, null where unknown.
-- The entry's fields come from the view, so that a company can say where its own tables keep them. The caller's
-- TimeZone must not matter: a view may give completed_at with a zone.
create function hookyard.entry_payload(p_event_type text, p_entry_id uuid) returns text
language plpgsql stable
set timezone = 'UTC'
as $$
declare
    v record;
begin
    select * into v from hookyard.entry_payloads p where p.entry_id = p_entry_id;
    if not found then
        raise exception 'hookyard.entry_payloads has no entry %', p_entry_id
            using errcode = 'no_data_found', hint = 'Is the id right, and does the view reach this entry?';
    end if;
    return concat(
        '{"event":', hookyard.json_or_null(p_event_type),
        ',"entry_id":', hookyard.json_or_null(v.entry_id::text),
        ',"short_id":', hookyard.json_or_null(v.short_id::text),
        ',"property_id":', hookyard.json_or_null(v.property_id::text),
        ',"result":', hookyard.json_or_null(v.result::text),
        ',"applicant":{"full_name":', hookyard.json_or_null(v.applicant_full_name::text),
        ',"email":', hookyard.json_or_null(v.applicant_email::text),
        '},"fraud_result":', hookyard.json_or_null(v.fraud_result::text),
        ',"income_result":', hookyard.json_or_null(v.income_result::text),
        ',"asset_result":', hookyard.json_or_null(v.asset_result::text),
        ',"identity_result":', hookyard.json_or_null(v.identity_result::text),
        ',"completed_at":', hookyard.json_or_null(
            case when isfinite(v.completed_at) then to_char(v.completed_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end),
        ',"report_url":', hookyard.json_or_null(v.report_url::text),
        '}');
end
$$;

-- Called by the host application inside its own transaction: the event exists if and only if that transaction commits.
create function hookyard.enqueue(event_type text, entry_id uuid, event_id uuid default null) returns uuid
language plpgsql
as $$
declare
    v_api_key_id uuid;
begin
    -- plpgsql, not sql: the view may be missing or redefined when this function is made.
    select p.api_key_id into v_api_key_id from hookyard.entry_payloads p where p.entry_id = enqueue.entry_id;
    return hookyard.insert_event(
        enqueue.event_type, hookyard.entry_payload(enqueue.event_type, enqueue.entry_id), v_api_key_id,
        enqueue.entry_id, null, enqueue.event_id, false);
end
$$;
comment on function hookyard.enqueue(text, uuid, uuid) is
    'Enqueue an event of an entry for every subscribed webhook; returns the event id, the same one when called again.';
