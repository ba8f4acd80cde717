SELECT p.oid::regprocedure::text FROM pg_proc AS p
WHERE p.pronamespace = to_regnamespace('cutover_dual') AND p.proname LIKE %(like)s
