SELECT k.oid, k.conname AS name, pg_get_constraintdef(k.oid) AS definition, k.confrelid AS parent,
       n.nspname AS parent_schema, p.relname AS parent_name, k.convalidated AS validated,
       obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_constraint k
JOIN pg_class p ON p.oid = k.confrelid
JOIN pg_namespace n ON n.oid = p.relnamespace
WHERE k.conrelid = %(table)s::oid AND k.contype = 'f'
ORDER BY k.conname
