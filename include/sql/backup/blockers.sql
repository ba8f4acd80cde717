-- Who keeps tables from being read: those whose lock forbids ACCESS SHARE, or who wait for such a lock.
SELECT string_agg(DISTINCT format('pid %%s (%%s, %%s) with %%s.%%s', a.pid, a.usename,
                      coalesce(nullif(a.application_name, ''), 'no application_name'), n.nspname, c.relname), '; ')
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND a.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND n.nspname !~ '^pg_' AND l.relation = ANY (%(oids)s)
