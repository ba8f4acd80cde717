-- Everybody who is connected to this database but our own sessions, those first whose transaction is open longest.
-- Background processes, and those that send changes to followers, are nobody's clients.
SELECT a.pid, coalesce(a.usename, '') AS "user", a.application_name AS application, coalesce(a.state, 'unknown') AS state,
    a.xact_start AS began, extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
    coalesce(host(a.client_addr), 'local') AS address, left(regexp_replace(a.query, '\s+', ' ', 'g'), 120) AS query
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
    AND NOT (a.usename = current_user AND starts_with(a.application_name, 'cutover/'))
ORDER BY a.xact_start NULLS LAST, a.pid
