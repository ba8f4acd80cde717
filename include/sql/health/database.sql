-- One look at a database: sizes and ages, connections, and what could be in a migration's way.
SELECT current_setting('server_version') AS version,
       pg_is_in_recovery() AS standby,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS connections,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most,
       pg_database_size(current_database()) AS bytes,
       (SELECT extract(epoch FROM max(clock_timestamp() - xact_start))::float8 FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS longest_transaction,
       (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()) AS oldest_xid,
       (SELECT extract(epoch FROM max(replay_lag))::float8 FROM pg_stat_replication
        WHERE state = 'streaming' AND application_name NOT LIKE 'cutover%') AS standby_lag,
       (SELECT count(*) FROM pg_prepared_xacts WHERE prepared < clock_timestamp() - interval '1 hour')::int AS prepared
