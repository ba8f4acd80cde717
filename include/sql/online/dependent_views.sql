-- Views that rest on these relations, directly or through other views, with their greatest distance from them.
WITH RECURSIVE rest AS (
    SELECT r.ev_class AS view, 1 AS distance, ARRAY[r.ev_class] AS path
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(relations)s::oid[])
    UNION
    SELECT r.ev_class, rest.distance + 1, rest.path || r.ev_class
    FROM rest
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = rest.view AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'
    WHERE r.ev_class <> ALL (rest.path)
)
SELECT c.oid, n.nspname AS schema, c.relname AS name, pg_get_viewdef(c.oid) AS definition, c.reloptions AS options,
       pg_get_userbyid(c.relowner) AS owner, max(rest.distance) AS distance, min(rest.distance) = 1 AS direct,
       (SELECT array_agg(DISTINCT d.refobjid::bigint) FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
        WHERE r.ev_class = c.oid AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
          AND d.refobjid <> c.oid) AS uses
FROM rest JOIN pg_class c ON c.oid = rest.view JOIN pg_namespace n ON n.oid = c.relnamespace
GROUP BY c.oid, n.nspname, c.relname, c.reloptions, c.relowner
ORDER BY max(rest.distance), c.oid
