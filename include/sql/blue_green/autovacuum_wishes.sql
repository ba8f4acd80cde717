-- Every table of the database: schema, name, and whether it says itself if autovacuum may look at it.
SELECT n.nspname::text, c.relname::text, EXISTS (
    SELECT FROM unnest(c.reloptions) AS o (option) WHERE split_part(o.option, '=', 1) = 'autovacuum_enabled')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (
        SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
