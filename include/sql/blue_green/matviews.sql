-- Materialized views, those first that rest on no other one, also through views; and whether they are filled.
WITH RECURSIVE reads (view, relation) AS (
    SELECT r.ev_class, d.refobjid
    FROM pg_catalog.pg_rewrite AS r
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
),
reach (view, relation) AS (
    SELECT view, relation FROM reads
    UNION
    SELECT reach.view, reads.relation FROM reach JOIN reads ON reads.view = reach.relation
)
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relispopulated AS filled
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND n.nspname !~ '^pg_'
ORDER BY (SELECT count(*) FROM reach JOIN pg_catalog.pg_class AS m ON m.oid = reach.relation AND m.relkind = 'm'
          WHERE reach.view = c.oid), n.nspname, c.relname
