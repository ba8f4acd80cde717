-- Who holds a lock in this database that keeps even readers out.
SELECT format('%%s on %%s (pid %%s, %%s)', l.mode, l.relation::regclass, coalesce(l.pid::text, 'prepared'),
              coalesce(nullif(a.application_name, ''), a.usename, '?')) AS name, 'lock' AS kind
FROM pg_locks l
LEFT JOIN pg_stat_activity a USING (pid)
WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.locktype = 'relation' AND l.pid IS DISTINCT FROM pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1
LIMIT 5
