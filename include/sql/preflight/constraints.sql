-- The table's own constraints, foreign keys apart.
SELECT k.conrelid::bigint AS table_oid, k.conname::text AS name, k.contype::text AS kind, k.convalidated AS validated,
       k.condeferrable AS deferrable, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint k
WHERE k.conrelid = ANY (%(tables)s::oid[]) AND k.contype IN ('p', 'u', 'c', 'x', 'n')
ORDER BY k.conrelid, k.conname
