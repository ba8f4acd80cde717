-- The unique and exclusion indexes of these tables. identifies: complete, on plain columns that are never NULL, valid.
SELECT i.indrelid::bigint AS table_oid, c.relname::text AS name, i.indisunique AS "unique", i.indisprimary AS "primary",
       i.indisreplident AS chosen, i.indisexclusion AS exclusion, i.indimmediate AS immediate,
       i.indisvalid AND i.indisready AS valid, i.indpred IS NOT NULL AS partial, i.indexprs IS NOT NULL AS expressions,
       coalesce(k.not_null, false) AS not_null, coalesce(k.columns, '{}') AS columns,
       pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY u.place) AS columns, bool_and(a.attnotnull) AS not_null
    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (attnum, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
    WHERE u.place <= i.indnkeyatts) k ON true
WHERE i.indrelid = ANY (%(tables)s) AND (i.indisunique OR i.indisexclusion)
ORDER BY i.indrelid, NOT i.indisprimary, c.relname
