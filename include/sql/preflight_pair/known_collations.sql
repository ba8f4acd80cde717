-- Collations of this server, by schema and name.
SELECT c.collname::text AS name, n.nspname::text AS schema, c.collprovider::text AS provider,
       coalesce(c.collcollate, to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale') AS locale,
       c.collversion AS version
FROM pg_collation c
JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE c.collname = ANY (%(names)s)
ORDER BY 1, 2
