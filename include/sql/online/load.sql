SELECT (SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::float8 FROM pg_stat_replication
        WHERE state = 'streaming' AND application_name NOT LIKE 'cutover/%%') AS standby_seconds,
       count(*) FILTER (WHERE wait_event_type = 'Lock') AS lock_waits,
       count(*) FILTER (WHERE state = 'active' AND application_name NOT LIKE 'cutover/%%') AS active
FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
