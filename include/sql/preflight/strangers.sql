-- Whatever depends on the table and is of no kind that the engine knows how to carry over.
SELECT DISTINCT d.refobjid::bigint AS table_oid, pg_describe_object(d.classid, d.objid, d.objsubid) AS object
FROM pg_depend d
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_class v ON v.oid = r.ev_class
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(tables)s::oid[])
  AND NOT (d.classid = d.refclassid AND d.objid = d.refobjid)
  AND CASE
        WHEN d.classid = 'pg_rewrite'::regclass THEN r.ev_class <> d.refobjid AND v.relkind NOT IN ('v', 'm')
        WHEN d.classid = 'pg_class'::regclass THEN c.relkind NOT IN ('i', 'I', 'S', 't', 'r', 'p', 'f')
        ELSE d.classid NOT IN ('pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_attrdef'::regclass,
                               'pg_policy'::regclass, 'pg_publication_rel'::regclass, 'pg_statistic_ext'::regclass,
                               'pg_proc'::regclass, 'pg_type'::regclass)
      END
ORDER BY 1, 2
