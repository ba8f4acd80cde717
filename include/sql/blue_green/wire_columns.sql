-- The type of every column of these tables on this side.
SELECT n.nspname::text AS schema, c.relname::text AS table, c.relkind::text AS kind,
       (SELECT jsonb_object_agg(a.attname, a.atttypid::bigint)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS types
FROM unnest(%(schemas)s::text[], %(tables)s::text[]) AS wanted (schema, "table")
JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted."table"
