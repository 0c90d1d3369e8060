-- An index that finds the newest attempts where they lie, side by side at the table's end, for reports and hours that
-- nobody has counted yet. One small entry for 64 pages, so whoever inserts hardly notices. The table gets it here
-- only where we made that table and it is still small; elsewhere it is the owner's to decide, and
-- `hookyard database status` asks.

do $migration$
begin
    if exists (select from hookyard.migrations m where m.version = 1 and not m.is_inherited)
        and pg_relation_size(to_regclass('webhook_delivery_attempts')) < 64 * 1024 * 1024
    then
        create index if not exists idx_webhook_delivery_attempts_created
            on webhook_delivery_attempts
            using brin (created_at) with (pages_per_range = 64, autosummarize = on);
    end if;
end
$migration$;
