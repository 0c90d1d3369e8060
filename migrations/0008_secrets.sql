-- Signing secrets of endpoints: the documented `webhooks` has no column for them. They lie here encrypted in Cloak's
-- format, under a key that never enters the database.
create table hookyard.secrets (
    id uuid primary key,
    state text not null default 'active',
    webhook_id uuid not null,
    -- 01 | length | tag | IV | ciphertag | ciphertext; gone once it is retired
    sealed bytea,
    added_at timestamptz not null default now(),
    -- the end of its grace after a rotation: from then on nothing is signed with it
    expires_at timestamptz,
    retired_at timestamptz,
    operator text not null,
    host text not null,
    command text not null,
    constraint states_are_active_retired check (state in ('active', 'retired')),
    constraint retired_at_iff_retired check ((retired_at is not null) = (state = 'retired')),
    constraint a_retired_secret_holds_nothing check ((sealed is null) = (state = 'retired')),
    constraint times_are_finite check (isfinite(added_at) and isfinite(expires_at) and isfinite(retired_at))
);
comment on table hookyard.secrets is
    'One signing secret of one endpoint, encrypted. Written by webhook secret add and rotate, emptied by retire or after its grace; rows are never removed.';

create index secrets_active on hookyard.secrets (webhook_id, added_at desc, id desc) where state = 'active';
