-- Who holds a run's advisory lock.
SELECT string_agg(a.application_name || ' pid ' || a.pid, ', ')
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('cutover.run.' || %s, 0)
