SELECT a.pid, a.usename AS user, a.application_name AS application, a.state, 'a snapshot' AS relation,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
       left(regexp_replace(a.query, '\s+', ' ', 'g'), 120) AS query
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
  AND a.state LIKE 'idle in transaction%%' AND a.backend_xmin IS NOT NULL
ORDER BY a.xact_start
