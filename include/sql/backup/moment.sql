-- Exports the transaction's snapshot; on a standby the position is that of its replay.
SELECT pg_catalog.pg_export_snapshot() AS id, pg_catalog.clock_timestamp() AS at,
       (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
             ELSE pg_catalog.pg_current_wal_lsn() END)::text AS lsn
