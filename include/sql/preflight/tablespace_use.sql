-- Bytes in use on a tablespace; null where this role may not ask.
SELECT CASE WHEN has_tablespace_privilege(oid, 'CREATE') OR pg_has_role('pg_read_all_stats', 'USAGE')
                 OR oid = (SELECT dattablespace FROM pg_database WHERE datname = current_database())
            THEN pg_tablespace_size(oid) END AS used
FROM pg_tablespace WHERE spcname = %(name)s
