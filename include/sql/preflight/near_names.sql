-- What a misspelt name may have meant: every table outside the system's schemas and this tool's own.
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^(pg_|cutover)'
ORDER BY 1, 2
LIMIT 5000
