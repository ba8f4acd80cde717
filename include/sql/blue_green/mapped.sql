-- Every table that can hold rows, or is partitioned, with what a mapping between two sides needs to know of it. Tables of
-- the system, of extensions, temporary ones and our own are nobody's concern. The same for blue and for the design.
SELECT n.nspname::text AS schema, c.relname::text AS table, c.relkind::text AS kind, c.relpersistence::text AS persistence,
       c.relreplident::text AS identity,
       coalesce((
           SELECT jsonb_agg(jsonb_build_object(
                      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
                      'generated', a.attgenerated <> '',
                      'fills_itself', a.attidentity <> '' OR d.oid IS NOT NULL) ORDER BY a.attnum)
           FROM pg_catalog.pg_attribute AS a
           LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
       keys.primary_key, keys.chosen_key,
       -- Partitioned tables above it, the nearest first.
       coalesce((
           SELECT array_agg(format('%%s.%%s', an.nspname, ac.relname) ORDER BY x.level)
           FROM pg_catalog.pg_partition_ancestors(c.oid) WITH ORDINALITY AS x (relid, level)
           JOIN pg_catalog.pg_class AS ac ON ac.oid = x.relid
           JOIN pg_catalog.pg_namespace AS an ON an.oid = ac.relnamespace
           WHERE x.relid <> c.oid), '{}') AS parents
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT min(columns) FILTER (WHERE indisprimary) AS primary_key, min(columns) FILTER (WHERE indisreplident) AS chosen_key
    FROM (
        SELECT i.indisprimary, i.indisreplident,
               (SELECT array_agg(a.attname::text ORDER BY k.place)
                FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, place)
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) AS columns
        FROM pg_catalog.pg_index AS i
        -- What logical replication accepts; a deferrable key is none of it.
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
            AND i.indexprs IS NULL AND (i.indisprimary OR i.indisreplident)
    ) AS usable
) AS keys
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
