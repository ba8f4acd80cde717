-- Indexes that identify a row for certain, the primary key first, then the narrowest.
SELECT i.indexrelid AS index, i.indisprimary AS primary,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) AS columns
FROM pg_index i
WHERE i.indrelid = %(table)s::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
  AND i.indpred IS NULL AND i.indexprs IS NULL
  AND NOT EXISTS (
      SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS k (attnum)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE NOT a.attnotnull)
ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
