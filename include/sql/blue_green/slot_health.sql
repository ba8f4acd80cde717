-- What a slot keeps on this server, and how far its follower has confirmed. What only newer servers have is read by name.
SELECT s.active, s.active_pid, s.wal_status, s.safe_wal_size,
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::bigint AS kept_bytes,
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.confirmed_flush_lsn)::bigint AS behind_bytes,
    pg_catalog.to_jsonb(s) ->> 'invalidation_reason' AS invalidated
FROM pg_catalog.pg_replication_slots AS s
WHERE s.slot_name = %(name)s AND s.database = pg_catalog.current_database()
