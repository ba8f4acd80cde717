-- Sequences that feed the table, and every other object that uses them.
WITH feeds AS (
    -- owned: serial ('a') and identity ('i')
    SELECT d.refobjid AS table_oid, d.objid AS sequence, d.refobjsubid AS attnum, d.deptype = 'i' AS identity, true AS owned_by
    FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(tables)s::oid[])
      AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    UNION
    SELECT f.adrelid, d.refobjid, f.adnum, false,
           EXISTS (SELECT FROM pg_depend o WHERE o.classid = 'pg_class'::regclass AND o.objid = d.refobjid
                     AND o.refclassid = 'pg_class'::regclass AND o.refobjid = f.adrelid AND o.deptype IN ('a', 'i'))
    FROM pg_attrdef f
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
    WHERE f.adrelid = ANY (%(tables)s::oid[])
)
SELECT f.table_oid::bigint AS table_oid, n.nspname::text AS schema, s.relname::text AS name, a.attname::text AS column,
       f.identity, f.owned_by, pg_get_userbyid(s.relowner)::text AS owner, pg_has_role(s.relowner, 'USAGE') AS owned,
       ARRAY(SELECT DISTINCT pg_describe_object(u.classid, u.objid, u.objsubid)
             FROM pg_depend u
             WHERE u.refclassid = 'pg_class'::regclass AND u.refobjid = f.sequence
               AND u.classid <> 'pg_type'::regclass AND u.deptype = 'n'
               AND NOT EXISTS (SELECT FROM pg_attrdef x WHERE u.classid = 'pg_attrdef'::regclass AND x.oid = u.objid
                                 AND x.adrelid = f.table_oid)
             ORDER BY 1) AS others
FROM feeds f
JOIN pg_class s ON s.oid = f.sequence
JOIN pg_namespace n ON n.oid = s.relnamespace
JOIN pg_attribute a ON a.attrelid = f.table_oid AND a.attnum = f.attnum
ORDER BY 1, 2, 3
