SELECT c.oid::regclass::text FROM pg_class AS c
WHERE c.relnamespace = to_regnamespace('cutover_dual') AND c.relkind = 'r' AND c.relname LIKE %(like)s
