-- Every table that can be written to, with its fence: the trigger's mode, or NULL where there is none. Tables of the
-- system, of extensions, temporary ones and our own are nobody's concern.
SELECT n.nspname AS schema_name, c.relname AS table_name, c.oid AS table_oid, t.tgenabled::text AS mode
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid AND t.tgname = %(fence)s AND NOT t.tgisinternal
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
