-- Checks and foreign keys of these tables, the inherited ones of partitions left out.
SELECT k.conrelid::bigint AS table_oid, k.conname::text AS name, k.contype::text AS kind,
       pg_get_constraintdef(k.oid) AS definition, k.convalidated AS validated,
       CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END AS expression,
       coalesce(ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
                      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
                      ORDER BY u.place), '{}') AS columns,
       coalesce(ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, place)
                      JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
                      ORDER BY u.place), '{}') AS parent_columns,
       pn.nspname::text AS parent_schema, p.relname::text AS parent
FROM pg_constraint k
LEFT JOIN pg_class p ON p.oid = k.confrelid
LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.conrelid = ANY (%(tables)s) AND k.contype IN ('c', 'f') AND k.conparentid = 0
ORDER BY k.conrelid, k.conname
