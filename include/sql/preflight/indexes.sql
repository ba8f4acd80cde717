SELECT i.indrelid::bigint AS table_oid, n.nspname::text AS schema, c.relname::text AS name,
       i.indisprimary AS primary, i.indisunique AS "unique", i.indisvalid AND i.indisready AND i.indislive AS valid,
       NOT i.indimmediate AS deferrable, i.indisexclusion AS exclusion, i.indisreplident AS replica_identity,
       i.indpred IS NOT NULL AS partial, i.indexprs IS NOT NULL AS expressions,
       k.conname::text AS "constraint",
       ARRAY(SELECT a.attname::text
             FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS u (attnum, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum ORDER BY u.place) AS columns,
       NOT EXISTS (SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS u (attnum)
                   LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
                   WHERE a.attnotnull IS NOT TRUE) AS not_null,
       -- Key ranges are read in the columns' own order: an index in another order (operator class, collation, a mixture
       -- of ASC and DESC) would not serve them.
       NOT EXISTS (SELECT FROM unnest(i.indclass::oid[]) AS o (oid) JOIN pg_opclass p ON p.oid = o.oid
                   WHERE NOT p.opcdefault)
           AND (0 = ALL (i.indoption::int2[]) OR 3 = ALL (i.indoption::int2[]))
           AND NOT EXISTS (SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1], i.indcollation::oid[]) AS u (attnum, coll)
                           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
                           WHERE a.attcollation <> u.coll) AS default_order,
       t.spcname::text AS tablespace, coalesce(has_tablespace_privilege(t.oid, 'CREATE'), true) AS tablespace_usable
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = ANY (%(tables)s::oid[])
ORDER BY i.indrelid, i.indisprimary DESC, i.indisunique DESC, i.indnkeyatts, i.indexrelid
