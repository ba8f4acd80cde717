-- Runs of the online strategy whose tables, or whose way back, are still here.
SELECT DISTINCT n.nspname::text AS name, (regexp_match(n.nspname, '^cutover_(?:new|old)_([0-9]+)_'))[1]::bigint AS number
FROM pg_namespace n
WHERE n.nspname ~ '^cutover_(new|old)_[0-9]+_'
  AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p'))
ORDER BY 1
