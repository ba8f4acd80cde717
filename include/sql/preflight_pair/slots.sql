-- Replication slots of the whole server. kept: bytes of WAL that cannot go because of it.
SELECT s.slot_name::text AS name, s.slot_type AS kind, s.plugin::text AS plugin, s.database::text AS database, s.active,
       s.temporary, s.wal_status,
       CASE WHEN NOT pg_is_in_recovery() AND s.restart_lsn IS NOT NULL
            THEN pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint END AS kept
FROM pg_replication_slots s
ORDER BY 1
