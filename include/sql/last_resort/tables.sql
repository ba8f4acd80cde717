-- Tables that hold rows of applications: stored columns with their types, the primary key, rows by estimate.
SELECT n.nspname::text AS schema, c.relname::text AS name, greatest(c.reltuples, 0)::bigint AS rows,
       (SELECT coalesce(jsonb_object_agg(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)), '{}')
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v') AS columns,
       coalesce((SELECT array_agg(a.attname::text ORDER BY k.place)
                 FROM pg_catalog.pg_index AS i
                 CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, place)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                 WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid), '{}') AS key
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname <> ALL (%(ours)s) AND n.nspname !~ '^cutover_(new|old|archive)_[0-9]+_' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 1, 2
