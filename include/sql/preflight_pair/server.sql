-- One row: what this server is and has left, and what the role that asks may do on it and in this database.
SELECT current_setting('server_version_num')::int AS version,
       current_setting('server_version') AS version_text,
       pg_is_in_recovery() AS in_recovery,
       current_setting('default_transaction_read_only')::boolean AS read_only,
       CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
            THEN (SELECT system_identifier::text FROM pg_control_system()) END AS system_identifier,
       current_database()::text AS database,
       d.oid::bigint AS database_oid,
       CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) END AS database_bytes,
       pg_encoding_to_char(d.encoding)::text AS encoding,
       to_jsonb(d) ->> 'datlocprovider' AS provider,
       d.datcollate::text AS collate,
       d.datctype::text AS ctype,
       -- daticulocale until 16
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
       to_jsonb(d) ->> 'datcollversion' AS collation_version,
       -- Collations that an ICU has brought; one named unicode is there without it.
       EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i' AND collname LIKE '%%-x-icu') AS knows_icu,
       current_setting('wal_level') AS wal_level,
       current_setting('max_replication_slots')::int AS slots,
       (SELECT count(*)::int FROM pg_replication_slots) AS slots_used,
       current_setting('max_wal_senders')::int AS senders,
       (SELECT count(*)::int FROM pg_stat_replication) AS senders_used,
       current_setting('max_logical_replication_workers')::int AS workers,
       (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type LIKE 'logical replication%%'
            AND backend_type <> 'logical replication launcher') AS workers_used,
       current_setting('max_worker_processes')::int AS processes,
       -- A setting of its own since 18; before that max_replication_slots counts for both.
       coalesce(current_setting('max_active_replication_origins', true)::int,
                current_setting('max_replication_slots')::int) AS origins,
       (SELECT count(*)::int FROM pg_replication_origin) AS origins_used,
       (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS slot_wal_mb,
       (SELECT setting::bigint FROM pg_settings WHERE name = 'idle_replication_slot_timeout') AS slot_idle_seconds,
       current_setting('track_commit_timestamp')::boolean AS commit_timestamps,
       has_function_privilege('pg_ls_waldir()', 'EXECUTE') AS sees_wal,
       current_user::text AS role,
       r.rolsuper AS superuser,
       r.rolreplication AS replication,
       r.rolcreatedb AS creates_databases,
       r.rolcreaterole AS creates_roles,
       r.rolsuper OR r.rolbypassrls AS bypasses_policies,
       CASE WHEN current_setting('server_version_num')::int >= 160000
            THEN pg_has_role('pg_create_subscription', 'USAGE') ELSE r.rolsuper END AS creates_subscriptions,
       pg_has_role('pg_read_all_stats', 'USAGE') AS sees_activity,
       has_database_privilege(d.oid, 'CREATE') AS creates_schemas,
       pg_get_userbyid(d.datdba)::text AS owner,
       pg_has_role(d.datdba, 'USAGE') AS owns_database,
       current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) AS connections,
       (SELECT coalesce(sum(numbackends), 0)::int FROM pg_stat_database) AS connections_used,
       r.rolconnlimit AS role_limit,
       (SELECT count(*)::int FROM pg_stat_activity a WHERE a.usesysid = r.oid) AS role_used,
       d.datconnlimit AS database_limit,
       (SELECT coalesce(numbackends, 0) FROM pg_stat_database WHERE datid = d.oid) AS database_used,
       nullif(current_setting('cutover.disk_limit', true), '') AS disk_limit,
       (SELECT spcname::text FROM pg_tablespace WHERE oid = d.dattablespace) AS tablespace,
       (SELECT coalesce(sum(pg_database_size(o.oid)), 0)::bigint FROM pg_database o
        WHERE o.dattablespace = d.dattablespace AND has_database_privilege(o.oid, 'CONNECT')) AS tablespace_bytes,
       (SELECT count(*)::int FROM pg_largeobject_metadata) AS large_objects,
       EXISTS (SELECT FROM pg_namespace WHERE nspname = 'cutover_journal') AS holds_journal
FROM pg_database d, pg_roles r
WHERE d.datname = current_database() AND r.rolname = current_user
