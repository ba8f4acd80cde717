-- What is there and does not hold: indexes that cannot be used, constraints that old rows were never checked against.
SELECT 'INVALID_INDEXES' AS code, format('%I.%I', n.nspname, c.relname) AS name
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT (i.indisvalid AND i.indisready) AND n.nspname !~ '^(pg_|cutover)'
UNION ALL
SELECT 'NOT_VALIDATED', format('%I on %s', k.conname, k.conrelid::regclass)
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT k.convalidated AND k.contype IN ('c', 'f') AND n.nspname <> 'information_schema'
    AND n.nspname !~ '^(pg_|cutover)'
ORDER BY 1, 2
