SELECT p.proname::text AS name, bool_and(p.provolatile = 'v') AS volatile,
       bool_or(n.nspname <> 'pg_catalog' AND p.provolatile <> 'i') AS reads
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = ANY (%(names)s::text[]) AND n.nspname = ANY (%(schemas)s::text[])
GROUP BY p.proname
