-- Check constraints of a table, by schema and name.
SELECT k.conname::text, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (n.nspname, c.relname, k.contype) = (%s, %s, 'c')
ORDER BY 1
