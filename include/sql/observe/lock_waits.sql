-- Who waits for a lock in this database, the longest first: seconds, pid, who, pids that are in the way.
SELECT extract(epoch FROM clock_timestamp() - min(l.waitstart))::float8, a.pid,
       concat_ws(' ', a.usename, nullif(a.application_name, '')), pg_blocking_pids(a.pid)
FROM pg_locks AS l
JOIN pg_stat_activity AS a USING (pid)
WHERE NOT l.granted AND l.waitstart IS NOT NULL AND a.datname = current_database()
    AND starts_with(a.application_name, 'cutover') IS NOT TRUE
GROUP BY a.pid, a.usename, a.application_name
ORDER BY 1 DESC
