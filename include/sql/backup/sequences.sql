-- Where each sequence is, and which way it goes; NULL where it has not given a value yet, or must not be seen.
SELECT n.nspname::text AS schema, c.relname::text AS name, s.seqincrement > 0 AS ascending,
       CASE WHEN has_sequence_privilege(c.oid, 'USAGE, SELECT') THEN pg_catalog.pg_sequence_last_value(c.oid) END AS value
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND n.nspname <> 'cutover_sync'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
