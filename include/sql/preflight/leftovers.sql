-- What other runs have left around these tables: by schema name, for state may be gone while objects are not.
SELECT w.schema, w.name, n.nspname::text AS place, (regexp_match(n.nspname, '^cutover_(new|old)_[0-9]+_'))[1] AS side,
       (regexp_match(n.nspname, '^cutover_(?:new|old)_([0-9]+)_'))[1]::bigint AS number,
       c.oid IS NOT NULL AS holds_table
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS w (schema, name)
JOIN pg_namespace n ON n.nspname ~ '^cutover_(new|old)_[0-9]+_'
                   AND regexp_replace(n.nspname, '^cutover_(new|old)_[0-9]+_', '')
                       = left(w.schema, greatest(0, 63 - length((regexp_match(n.nspname, '^cutover_(?:new|old)_[0-9]+_'))[1])))
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
ORDER BY 1, 2, 3
