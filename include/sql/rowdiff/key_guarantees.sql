-- A NOT NULL that was never validated (possible since PostgreSQL 18) guarantees nothing about old rows; nor does
-- a partial, an expression or an unfinished index.
WITH side AS (
    SELECT pg_catalog.to_regclass({relation}) AS oid
)
SELECT
    (SELECT array_agg(a.attname::text)
     FROM pg_catalog.pg_attribute AS a
     WHERE a.attrelid = side.oid AND a.attnotnull AND NOT a.attisdropped
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS c
                       WHERE c.conrelid = side.oid AND c.contype = 'n' AND NOT c.convalidated
                         AND c.conkey = ARRAY[a.attnum])) AS never_null,
    EXISTS (SELECT FROM pg_catalog.pg_index AS i
            WHERE i.indrelid = side.oid AND i.indisunique AND i.indisvalid
              AND i.indpred IS NULL AND i.indexprs IS NULL
              AND (SELECT bool_and(a.attname::text = ANY ({key}::text[]))
                   FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
                   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = side.oid AND a.attnum = k.attnum
                   WHERE k.position <= i.indnkeyatts)) AS is_unique
FROM side
