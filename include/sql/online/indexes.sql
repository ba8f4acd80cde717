-- Every index of a table with what it takes to build it again under the same name.
-- The definition names its table without a schema when that schema is on the search path.
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid, 0, true) AS definition,
       k.conname AS constraint, k.contype::text AS constraint_type, pg_get_constraintdef(k.oid) AS constraint_definition,
       i.indisprimary AS primary, i.indisunique AS "unique", i.indisclustered AS clustered, i.indisreplident AS replica_identity,
       obj_description(i.indexrelid, 'pg_class') AS comment, obj_description(k.oid, 'pg_constraint') AS constraint_comment,
       c.reloptions AS options, (SELECT spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace) AS tablespace,
       (SELECT array_agg(a.attname::text ORDER BY u.place)
        FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS u (attnum, place)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum) AS columns,
       i.indpred IS NOT NULL OR i.indexprs IS NOT NULL AS partial,
       (SELECT json_agg(json_build_array(a.attnum, a.attstattarget) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = i.indexrelid AND coalesce(a.attstattarget, -1) >= 0) AS statistics_targets
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = %(table)s::oid AND i.indisvalid
ORDER BY i.indisprimary DESC, i.indisunique DESC, c.relname
