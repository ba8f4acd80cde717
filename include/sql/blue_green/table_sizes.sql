-- How much there is to copy. The estimate of rows is for progress only.
SELECT n.nspname::text AS schema, c.relname::text AS table, c.relpersistence::text AS persistence,
       pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages, pg_table_size(c.oid) AS bytes,
       CASE WHEN c.reltuples > 0 AND c.relpages > 0
            THEN c.reltuples / c.relpages * pg_relation_size(c.oid) / current_setting('block_size')::bigint
            ELSE pg_relation_size(c.oid) / 100 END::bigint AS rows
FROM unnest(%(schemas)s::text[], %(tables)s::text[]) AS wanted (schema, "table")
JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted."table"
