-- Sequences of a table's columns: 'a' is owned (serial), 'i' belongs to an identity column.
SELECT s.oid, n.nspname AS schema, s.relname AS name, a.attname AS "column", d.deptype::text AS kind,
       q.seqincrement AS increment, q.seqcache AS cache, q.seqmin AS minimum, q.seqmax AS maximum
FROM pg_depend d
JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_namespace n ON n.oid = s.relnamespace
JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %(table)s::oid AND d.deptype IN ('a', 'i')
ORDER BY s.relname
