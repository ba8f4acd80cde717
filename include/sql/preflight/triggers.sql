SELECT t.tgrelid::bigint AS table_oid, t.oid::bigint AS oid, t.tgname::text AS name, t.tgenabled::text AS enabled, t.tgdeferrable AS deferrable,
       t.tgconstrrelid <> 0 AS tied, fn.nspname::text AS function_schema, p.oid::regprocedure::text AS function,
       has_function_privilege(p.oid, 'EXECUTE') AS executable
FROM pg_trigger t
JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace fn ON fn.oid = p.pronamespace
WHERE t.tgrelid = ANY (%(tables)s::oid[]) AND NOT t.tgisinternal
ORDER BY t.tgrelid, t.tgname
