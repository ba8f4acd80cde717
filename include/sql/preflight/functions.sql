-- Functions tied to the table by oid: SQL-standard bodies that read it, and signatures made of its row type.
-- PL/pgSQL bodies are text, so %%ROWTYPE in them is found by reading: how = 'rowtype'.
WITH tied AS (
    SELECT t.oid AS table_oid, d.objid AS function, 'body' AS how
    FROM pg_class t
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_proc'::regclass
    WHERE t.oid = ANY (%(tables)s::oid[])
    UNION
    SELECT t.oid, p.oid, 'signature'
    FROM pg_class t
    JOIN pg_type y ON y.oid = t.reltype
    JOIN pg_proc p ON p.prorettype IN (y.oid, y.typarray)
                  OR ARRAY[y.oid, y.typarray] && coalesce(p.proallargtypes, p.proargtypes::oid[])
    WHERE t.oid = ANY (%(tables)s::oid[])
    UNION
    SELECT t.oid, p.oid, 'rowtype'
    FROM pg_class t
    JOIN pg_namespace tn ON tn.oid = t.relnamespace
    JOIN pg_language l ON l.lanname = 'plpgsql'
    JOIN pg_proc p ON p.prolang = l.oid
    CROSS JOIN LATERAL (SELECT regexp_replace(lower(s), '([^a-z0-9_])', '\\\1', 'g') AS re, n
                        FROM (VALUES (tn.nspname, 1), (t.relname, 2)) AS v (s, n)) AS q
    WHERE t.oid = ANY (%(tables)s::oid[]) AND strpos(lower(p.prosrc), lower(t.relname)) > 0
    GROUP BY t.oid, p.oid, p.prosrc
    HAVING regexp_replace(replace(lower(p.prosrc), '"', ''), '\s*([.%%])\s*', '\1', 'g')
           ~ ('(^|[^a-z0-9_$.])(' || min(q.re) FILTER (WHERE q.n = 1) || '\.)?'
              || min(q.re) FILTER (WHERE q.n = 2) || '%%rowtype')
)
SELECT x.table_oid::bigint AS table_oid, p.oid::regprocedure::text AS signature, p.prokind::text AS kind, x.how,
       pg_get_userbyid(p.proowner)::text AS owner, pg_has_role(p.proowner, 'USAGE') AS owned,
       n.nspname::text AS schema, has_schema_privilege(n.oid, 'CREATE') AS schema_create,
       ARRAY(SELECT a.attname::text
             FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
               AND d.refobjid = x.table_oid AND d.refobjsubid <> 0 ORDER BY 1) AS columns
FROM tied x JOIN pg_proc p ON p.oid = x.function JOIN pg_namespace n ON n.oid = p.pronamespace
ORDER BY 1, 4, 2
