-- Replication slots of this server, and what each keeps.
SELECT slot_name::text AS name, database::text, slot_type AS kind, active, wal_status,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                       restart_lsn)::bigint AS kept_bytes,
       safe_wal_size
FROM pg_replication_slots
ORDER BY 1
