-- What hangs on columns of a table, and whether it keeps them from being dropped.
SELECT a.attname::text,
       pg_catalog.pg_describe_object(
           CASE WHEN d.classid = 'pg_rewrite'::regclass THEN 'pg_class'::regclass ELSE d.classid END,
           coalesce(r.ev_class, d.objid), 0),
       bool_and(d.deptype = 'n')
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
LEFT JOIN pg_catalog.pg_constraint AS c ON d.classid = 'pg_constraint'::regclass AND c.oid = d.objid AND c.contype = 'n'
LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = %(table)s AND a.attname = ANY (%(columns)s::text[])
  AND d.deptype IN ('n', 'a') AND d.classid <> 'pg_attrdef'::regclass AND c.oid IS NULL
GROUP BY 1, 2
ORDER BY 1, 2
