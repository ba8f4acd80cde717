-- FOR TABLES IN SCHEMA, for the schemas of the migrated tables and this tool's own.
SELECT p.pubname::text AS name, n.nspname::text AS schema, pg_get_userbyid(p.pubowner)::text AS owner
FROM pg_publication p
JOIN pg_publication_namespace m ON m.pnpubid = p.oid
JOIN pg_namespace n ON n.oid = m.pnnspid
WHERE n.nspname = ANY (%(schemas)s::text[]) OR n.nspname ~ '^cutover(_|$)'
ORDER BY 1, 2
