-- Materialized views that read this relation directly. The definition leaves out schemas that are on the search path.
SELECT c.oid, n.nspname AS schema, c.relname AS name, pg_get_viewdef(c.oid) AS definition, c.relispopulated AS populated,
       pg_get_userbyid(c.relowner) AS owner, c.reloptions AS options
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND EXISTS (
    SELECT FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE r.ev_class = c.oid AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = %(table)s::oid)
ORDER BY n.nspname, c.relname
