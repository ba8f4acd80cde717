-- What VACUUM and ANALYZE have to visit, the biggest first; partitioned tables are only analyzed, after their parts.
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, pg_relation_size(c.oid) AS bytes
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relkind = 'p', pg_relation_size(c.oid) DESC, 1, 2
