-- What of each table is compared: every column that is stored, by the primary key where there is one.
SELECT n.nspname::text AS schema, c.relname::text AS name,
       coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'), '{}') AS columns,
       coalesce((SELECT array_agg(a.attname::text ORDER BY k.place)
                 FROM pg_catalog.pg_index AS i
                 CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, place)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                 WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid), '{}') AS key
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%(oids)s)
