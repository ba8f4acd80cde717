-- Who would keep a pause waiting, or hold a lock against the fence: transactions that have been open for a while.
-- Walsenders of the initial copy and our own sessions are not among them.
SELECT pid, usename AS "user", application_name AS application, state, 'database' AS relation,
       extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds,
       left(regexp_replace(query, '\s+', ' ', 'g'), 80) AS query
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND xact_start < clock_timestamp() - make_interval(secs => %(seconds)s)
    AND application_name NOT LIKE 'cutover/%%' AND application_name NOT LIKE 'cutover\_%%'
    AND (backend_xid IS NOT NULL OR EXISTS (
        SELECT FROM pg_catalog.pg_locks AS l
        WHERE l.pid = pg_stat_activity.pid AND l.locktype = 'relation' AND l.granted AND l.database <> 0))
ORDER BY xact_start
