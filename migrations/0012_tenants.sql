-- People turn from prospects into tenants between import and result: then their guest card is closed, and a document
-- goes to the tenant's code.
alter table hookyard.yardi_imports add column tenant_code text;
comment on column hookyard.yardi_imports.tenant_code is
    'Yardi''s TenantID of the person, as the newest poll that knew one told it. Written by yardi poll.';
