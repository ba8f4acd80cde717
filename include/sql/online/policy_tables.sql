-- Other tables whose policies refer to this one: changing a policy locks its table.
SELECT DISTINCT c.oid, n.nspname AS schema, c.relname AS name
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
WHERE d.refobjid = %(table)s::oid AND p.polrelid <> %(table)s::oid
