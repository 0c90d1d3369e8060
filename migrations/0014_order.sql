-- A report reads attempts that nobody has counted where the index by time finds them, if they lie as they came. Whether
-- they do, the server's statistics know; to ask them takes a session that is new a twentieth of its whole report.

alter table hookyard.counted_hours
    -- whether attempts lay in the order of their time when the hour was counted; null: not known
    add column is_in_order boolean;

-- Backfills, and payloads erased early, mix the times of a table.
create function hookyard.attempts_in_order() returns boolean
language sql stable
as $$
    select coalesce((
        select abs(s.correlation) > 0.9
        from pg_class t
        join pg_namespace n on n.oid = t.relnamespace
        join pg_stats s on s.schemaname = n.nspname and s.tablename = t.relname and s.attname = 'created_at'
        where t.oid = to_regclass('webhook_delivery_attempts')), false)
$$;
