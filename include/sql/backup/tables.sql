-- Every table that a dump reads, in an order in which locks can be taken. Members of extensions are left to pg_dump, which
-- dumps of them what the extension asks for. Sizes are looked at only where the tables are locked already.
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       greatest(c.reltuples, 0)::bigint AS rows,
       CASE WHEN %(sized)s AND c.relkind = 'r' THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END AS bytes
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
    -- A standby cannot read them: they are empty there.
    AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
