-- Owner, grants, comments and options for the prebuilt copy %(schema)s.%(copy)s of a materialized view.
WITH v AS (SELECT c.*, format('%%I.%%I', %(schema)s::text, %(copy)s::text) AS target FROM pg_class c WHERE c.oid = %(view)s::oid),
statements (place, statement) AS (
    SELECT 10, format('ALTER MATERIALIZED VIEW %%s SET (%%s)', v.target,
                      (SELECT string_agg(format('%%I = %%L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ') FROM unnest(v.reloptions) o))
    FROM v WHERE v.reloptions IS NOT NULL
    UNION ALL
    SELECT 20, format('COMMENT ON MATERIALIZED VIEW %%s IS %%L', v.target, obj_description(v.oid, 'pg_class')) FROM v WHERE obj_description(v.oid, 'pg_class') IS NOT NULL
    UNION ALL
    SELECT 21, format('COMMENT ON COLUMN %%s.%%I IS %%L', v.target, a.attname, col_description(v.oid, a.attnum))
    FROM v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0 WHERE col_description(v.oid, a.attnum) IS NOT NULL
    UNION ALL
    SELECT 40, format('ALTER MATERIALIZED VIEW %%s OWNER TO %%I', v.target, pg_get_userbyid(v.relowner)) FROM v
    UNION ALL
    SELECT 42, format('GRANT %%s ON TABLE %%s TO %%s%%s', x.privilege_type, v.target,
                      CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                      CASE WHEN x.is_grantable AND x.grantee <> v.relowner THEN ' WITH GRANT OPTION' END)
    FROM v, aclexplode(v.relacl) x
)
SELECT statement FROM statements ORDER BY place, statement
