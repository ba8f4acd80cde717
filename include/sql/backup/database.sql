-- What a rollback point says of its database. The system identifier may be hidden from the login: then it is empty.
SELECT current_setting('server_version_num')::int AS server_version,
       CASE WHEN has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
            THEN (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) ELSE '' END AS system,
       d.datname::text AS dbname, pg_catalog.pg_encoding_to_char(d.encoding)::text AS encoding,
       pg_catalog.pg_get_userbyid(d.datdba)::text AS owner, pg_catalog.pg_database_size(d.oid) AS bytes,
       (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata) AS large_objects
FROM pg_catalog.pg_database AS d WHERE d.datname = current_database()
