-- A subscription of this database by its name, with the process that applies it (its parallel workers left out).
SELECT s.oid, s.subname AS name, s.subenabled AS enabled, s.subslotname::text AS slot,
    (SELECT w.pid FROM pg_stat_subscription w
     WHERE w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL AND to_jsonb(w) ->> 'leader_pid' IS NULL
     LIMIT 1) AS pid
FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database() AND s.subname = %s
