-- Which keys a run knows: secrets are not moved to a key that somebody who is signing right now does not have.
alter table hookyard.runs add column key_tags text[];
comment on column hookyard.runs.key_tags is 'Tags of [[keys]] as the process read them at its start; null from a version that did not say.';
comment on table hookyard.secrets is
    'One signing secret of one endpoint, encrypted. Written by webhook secret add and rotate, encrypted anew by rekey, emptied by retire or after its grace; rows are never removed.';
