-- What the live table guarantees: keys, NOT NULL columns, foreign keys out and in. Only what is about columns that
-- the subject still has, since a dropped or renamed column can be asked for nothing.
WITH
live AS (
    SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = {live_schema} AND c.relname = {live_table}
),
shared AS (
    SELECT a.attrelid, a.attnum, a.attname::text AS name, a.attnotnull
    FROM live JOIN pg_catalog.pg_attribute AS a ON a.attrelid = live.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname::text = ANY ({columns}::text[])
)
SELECT 'not_null' AS kind, name AS constraint_name, ARRAY[name] AS columns,
       NULL::text AS other_schema, NULL::text AS other_table, NULL::text[] AS other_columns
FROM shared WHERE attnotnull
UNION ALL
SELECT 'unique', i.relname::text, cols.names, NULL, NULL, NULL
FROM live
JOIN pg_catalog.pg_index AS x ON x.indrelid = live.oid
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
CROSS JOIN LATERAL (
    SELECT array_agg(s.name ORDER BY k.position) AS names
    FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
    LEFT JOIN shared AS s ON s.attnum = k.attnum
    WHERE k.position <= x.indnkeyatts
) AS cols
WHERE x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL
  AND array_position(cols.names, NULL) IS NULL
UNION ALL
SELECT 'foreign_key', f.conname::text, own.names, n.nspname::text, c.relname::text, other.names
FROM live
JOIN pg_catalog.pg_constraint AS f ON f.conrelid = live.oid AND f.contype = 'f'
JOIN pg_catalog.pg_class AS c ON c.oid = f.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(s.name ORDER BY k.position) AS names
    FROM unnest(f.conkey) WITH ORDINALITY AS k (attnum, position) LEFT JOIN shared AS s ON s.attnum = k.attnum
) AS own
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY k.position) AS names
    FROM unnest(f.confkey) WITH ORDINALITY AS k (attnum, position)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.confrelid AND a.attnum = k.attnum
) AS other
WHERE array_position(own.names, NULL) IS NULL AND f.conparentid = 0
UNION ALL
SELECT 'reference', f.conname::text, own.names, n.nspname::text, c.relname::text, other.names
FROM live
JOIN pg_catalog.pg_constraint AS f ON f.confrelid = live.oid AND f.contype = 'f'
JOIN pg_catalog.pg_class AS c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(s.name ORDER BY k.position) AS names
    FROM unnest(f.confkey) WITH ORDINALITY AS k (attnum, position) LEFT JOIN shared AS s ON s.attnum = k.attnum
) AS own
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY k.position) AS names
    FROM unnest(f.conkey) WITH ORDINALITY AS k (attnum, position)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.attnum
) AS other
WHERE array_position(own.names, NULL) IS NULL AND f.conparentid = 0
ORDER BY 1, 2
