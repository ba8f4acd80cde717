-- The table that a name means, the first of the schemas winning; whether it may be referred to and locked.
SELECT n.nspname::text, c.relname::text,
       has_table_privilege(c.oid, 'REFERENCES') AND has_table_privilege(c.oid, CASE WHEN current_setting('server_version_num')::int >= 170000
           THEN 'UPDATE, DELETE, TRUNCATE, MAINTAIN' ELSE 'UPDATE, DELETE, TRUNCATE' END)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = %(name)s AND n.nspname = ANY (%(schemas)s::text[]) AND c.relkind IN ('r', 'p')
ORDER BY array_position(%(schemas)s::text[], n.nspname::text)
LIMIT 1
