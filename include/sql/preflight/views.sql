-- Views and materialized views that read the table, directly (depth 1) or through other views.
WITH RECURSIVE reader (table_oid, oid, depth) AS (
    SELECT d.refobjid, r.ev_class, 1
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = ANY (%(tables)s::oid[]) AND r.ev_class <> d.refobjid
    UNION
    SELECT v.table_oid, r.ev_class, v.depth + 1
    FROM reader v
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> v.oid
    JOIN pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
    WHERE v.depth < 100
)
SELECT v.table_oid::bigint AS table_oid, c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name,
       c.relkind::text AS kind, max(v.depth) AS depth, min(v.depth) = 1 AS direct,
       pg_get_userbyid(c.relowner)::text AS owner, pg_has_role(c.relowner, 'USAGE') AS owned,
       has_schema_privilege(n.oid, 'CREATE') AS schema_create,
       CASE WHEN c.relkind = 'm' THEN pg_total_relation_size(c.oid) ELSE 0 END AS bytes,
       ARRAY(SELECT DISTINCT a.attname::text
             FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
             JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE r.ev_class = c.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = v.table_oid
               AND d.refobjsubid <> 0 ORDER BY 1) AS columns,
       ARRAY(SELECT DISTINCT d.refobjid::regclass::text
             FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
             JOIN pg_class m ON m.oid = d.refobjid AND m.relkind = 'm'
             WHERE r.ev_class = c.oid AND d.refclassid = 'pg_class'::regclass AND m.oid <> c.oid ORDER BY 1) AS reads_matviews
FROM reader v JOIN pg_class c ON c.oid = v.oid JOIN pg_namespace n ON n.oid = c.relnamespace
GROUP BY v.table_oid, c.oid, n.oid, n.nspname, c.relname, c.relkind, c.relowner
ORDER BY v.table_oid, max(v.depth), n.nspname, c.relname
