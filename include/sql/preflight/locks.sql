-- Who holds or awaits a lock on the tables, and on those that foreign keys tie to them. Waits for nothing.
WITH tied (oid) AS (
    SELECT c.oid FROM unnest(%(tables)s::oid[]) AS c (oid)
    UNION SELECT k.conrelid FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = ANY (%(tables)s::oid[])
    UNION SELECT k.confrelid FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = ANY (%(tables)s::oid[])
)
SELECT l.relation::bigint AS table_oid, n.nspname::text AS schema, c.relname::text AS relation, l.mode, l.granted, l.pid,
       coalesce(a.usename::text, '?') AS role, coalesce(a.application_name, '') AS application,
       coalesce(a.backend_type, '') AS backend, coalesce(a.state, '') AS state, coalesce(left(a.query, 200), '') AS query,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
       p.gid::text AS prepared
FROM tied
JOIN pg_locks l ON l.locktype = 'relation' AND l.relation = tied.oid
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
JOIN pg_class c ON c.oid = tied.oid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
-- A prepared transaction has no pid; it is known by the lock on its own transaction id.
LEFT JOIN pg_locks x ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.mode = 'ExclusiveLock'
                    AND x.virtualtransaction = l.virtualtransaction
LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
WHERE l.pid IS DISTINCT FROM pg_backend_pid()
ORDER BY n.nspname, c.relname, l.granted DESC, l.mode, l.pid
