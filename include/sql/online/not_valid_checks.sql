-- LIKE makes a NOT VALID check a valid one; rows that were there before it must still be copied.
SELECT k.conname AS name, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint k
WHERE k.conrelid = %(original)s::oid AND k.contype = 'c' AND NOT k.convalidated
  AND EXISTS (SELECT FROM pg_constraint s WHERE s.conrelid = %(shadow)s::oid AND s.conname = k.conname AND s.contype = 'c')
ORDER BY k.conname
