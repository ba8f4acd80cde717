-- What else lives here and does not travel as rows: foreign servers, and temporary tables of sessions at work.
SELECT 'server' AS kind, s.srvname::text AS name FROM pg_foreign_server s
UNION ALL
SELECT 'temporary', c.relname::text FROM pg_class c WHERE c.relpersistence = 't' AND c.relkind = 'r'
UNION ALL
SELECT 'matview', format('%%I.%%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND c.relispopulated AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY 1, 2
