-- Policies of other tables that look into this one.
SELECT w.oid::bigint AS table_oid, p.polname::text AS name, n.nspname::text AS schema, c.relname::text AS relation,
       pg_get_userbyid(c.relowner)::text AS owner, pg_has_role(c.relowner, 'USAGE') AS owned,
       ARRAY(SELECT a.attname::text
             FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
               AND d.refobjid = w.oid AND d.refobjsubid <> 0 ORDER BY 1) AS columns
FROM unnest(%(tables)s::oid[]) AS w (oid)
JOIN pg_policy p ON p.polrelid <> w.oid
                AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid
                              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = w.oid)
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 3, 4, 2
