-- Transactions of this database that are open for longer than asked, the oldest first.
SELECT a.pid, coalesce(a.usename::text, '?') AS role, coalesce(a.application_name, '') AS application,
       coalesce(a.state, '') AS state, extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
       to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started, left(a.query, 200) AS query,
       NULL::text AS prepared
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
  AND a.xact_start < clock_timestamp() - make_interval(secs => %(seconds)s)
UNION ALL
SELECT NULL, p.owner::text, '', 'prepared', extract(epoch FROM clock_timestamp() - p.prepared)::float8,
       to_char(p.prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '', p.gid
FROM pg_prepared_xacts p
WHERE p.database = current_database()
ORDER BY seconds DESC
LIMIT 50
