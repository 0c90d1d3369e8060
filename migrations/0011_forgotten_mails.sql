-- Retention of mails: addresses that are still there although their mail is sent.
create index mails_to_forget on hookyard.mails (finished_at) where state = 'sent' and address <> 'erased';

comment on table hookyard.mails is
    'Invite mails. Inserted with the entry, in the same transaction; sent by yardi poll after the commit. database prune erases addresses; rows stay, by them nobody is written to twice.';
