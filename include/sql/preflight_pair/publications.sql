-- Publications of this database, and of which tables.
SELECT p.pubname::text AS name, p.puballtables AS all_tables, pg_get_userbyid(p.pubowner)::text AS owner,
       (SELECT count(*)::int FROM pg_publication_tables t WHERE t.pubname = p.pubname) AS tables
FROM pg_publication p
ORDER BY 1
