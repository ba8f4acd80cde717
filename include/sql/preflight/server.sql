-- One row: what this server is, and what the role that asks may do in this database.
SELECT current_setting('server_version_num')::int AS version,
       current_setting('server_version') AS version_text,
       pg_is_in_recovery() AS in_recovery,
       current_setting('default_transaction_read_only')::boolean AS read_only,
       current_database()::text AS database,
       current_user::text AS role,
       r.rolsuper AS superuser,
       r.rolsuper OR r.rolbypassrls AS bypasses_policies,
       pg_has_role('pg_read_all_stats', 'USAGE') AS sees_activity,
       pg_has_role('pg_signal_backend', 'USAGE') AS signals,
       has_database_privilege(current_database(), 'CREATE') AS creates_schemas,
       has_database_privilege(current_database(), 'TEMPORARY') AS creates_temporary,
       current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) AS slots,
       (SELECT coalesce(sum(numbackends), 0)::int FROM pg_stat_database) AS slots_used,
       r.rolconnlimit AS role_limit,
       (SELECT count(*)::int FROM pg_stat_activity a WHERE a.usesysid = r.oid) AS role_used,
       d.datconnlimit AS database_limit,
       (SELECT coalesce(numbackends, 0) FROM pg_stat_database WHERE datid = d.oid) AS database_used,
       (SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'cutover') AS state_owner,
       (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'cutover') AS state_owned,
       nullif(current_setting('cutover.disk_limit', true), '') AS disk_limit,
       (SELECT spcname::text FROM pg_tablespace WHERE oid = d.dattablespace) AS tablespace
FROM pg_database d, pg_roles r
WHERE d.datname = current_database() AND r.rolname = current_user
