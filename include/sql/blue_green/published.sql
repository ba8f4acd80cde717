-- Tables by name as this side has them, with the columns that replication can carry: all but generated ones.
SELECT n.nspname AS schema, c.relname AS table, c.relkind::text AS kind,
       coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum)
                 FROM pg_catalog.pg_attribute AS a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
                '{}') AS columns
FROM unnest(%(schemas)s::text[], %(tables)s::text[]) AS wanted (schema, "table")
JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted."table" AND c.relkind IN ('r', 'p')
ORDER BY n.nspname, c.relname
