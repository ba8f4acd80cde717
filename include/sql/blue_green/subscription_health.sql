-- Whether changes are being applied here. A parallel worker has a leader, which is the one that counts; the counters of
-- errors and conflicts differ between versions, so they are read by name.
SELECT s.subenabled AS enabled,
    (SELECT w.pid FROM pg_catalog.pg_stat_subscription AS w
     WHERE w.subid = s.oid AND w.relid IS NULL AND pg_catalog.to_jsonb(w) ->> 'leader_pid' IS NULL LIMIT 1) AS pid,
    coalesce(
        (SELECT pg_catalog.jsonb_object_agg(c.key, c.value::bigint)
         FROM pg_catalog.pg_stat_subscription_stats AS t, pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(t)) AS c
         WHERE t.subid = s.oid AND (c.key = 'apply_error_count' OR c.key ~ '^confl_')),
        '{}') AS counters
FROM pg_catalog.pg_subscription AS s
WHERE s.subname = %(name)s
    AND s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
