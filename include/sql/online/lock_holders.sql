SELECT a.pid, a.usename AS user, a.application_name AS application, a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
       string_agg(DISTINCT l.relation::regclass::text || ' ' || l.mode, ', ') AS relation,
       left(regexp_replace(a.query, '\s+', ' ', 'g'), 120) AS query
FROM pg_locks l
JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = ANY (%(tables)s::oid[]) AND l.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL
GROUP BY a.pid, a.usename, a.application_name, a.state, a.xact_start, a.query
ORDER BY a.xact_start
