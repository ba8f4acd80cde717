-- Foreign keys of other tables that refer to this one.
SELECT k.oid, k.conname AS name, pg_get_constraintdef(k.oid) AS definition, k.conrelid AS child,
       n.nspname AS child_schema, c.relname AS child_name, k.convalidated AS validated,
       obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.confrelid = %(table)s::oid AND k.conrelid <> %(table)s::oid AND k.contype = 'f' AND k.conparentid = 0
ORDER BY n.nspname, c.relname, k.conname
