-- Retention: what is old goes, and payloads can go before the facts of their deliveries do.

alter table hookyard.events
    -- the payload is a stub since; id, times and outcomes stay, and the hash, by which the same event is known again
    add column payload_erased_at timestamptz,
    add constraint payload_erased_at_is_finite check (isfinite(payload_erased_at));

-- Retention walks along these, oldest first. Every row is in exactly one of them, at its end when it is inserted.
create index events_by_age on hookyard.events (created_at, id) where payload_erased_at is null;
create index events_erased_by_age on hookyard.events (created_at, id) where payload_erased_at is not null;
-- Addresses that are still there although their mail is sent.
create index mails_to_forget on hookyard.mails (finished_at) where state = 'sent' and address <> 'erased';

comment on table hookyard.events is
    'What happened, once and for ever. Written by hookyard.enqueue; database prune erases its payload and removes it.';
comment on table hookyard.deliveries is
    'One event for one endpoint: the queue and its outcome. Inserted by hookyard.enqueue, moved by webhook send, retry and replay; removed by database prune, with its event.';
comment on table hookyard.attempts is
    'One HTTP request of a delivery, or one lost lease. Written once by the run that made it; removed by database prune, with its event.';
comment on table hookyard.alerts is
    'One row per outage of an endpoint, from its first dead delivery to its next success. Written by webhook send and retry; removed by database prune once closed.';
comment on table hookyard.plans is
    'What an operator means to deliver again. Written by webhook replay; removed by database prune once it has ended.';
comment on table hookyard.mails is
    'Invite mails. Inserted with the entry, in the same transaction; sent by yardi poll after the commit. database prune erases addresses; rows stay, by them nobody is written to twice.';
