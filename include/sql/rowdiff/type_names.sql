SELECT t.oid::int8, n.nspname::text, t.typname::text, t.typcollation <> 0
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE t.oid = ANY ({oids}::oid[])
