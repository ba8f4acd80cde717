-- Collations other than the database's own that columns of these tables use.
SELECT DISTINCT c.collname::text AS name, n.nspname::text AS schema, c.collprovider::text AS provider,
       coalesce(c.collcollate, to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale') AS locale,
       c.collversion AS version
FROM pg_attribute a
JOIN pg_collation c ON c.oid = a.attcollation
JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE a.attrelid = ANY (%(tables)s) AND a.attnum > 0 AND NOT a.attisdropped
  AND c.collname NOT IN ('default', 'C', 'POSIX', 'ucs_basic')
ORDER BY 1, 2
