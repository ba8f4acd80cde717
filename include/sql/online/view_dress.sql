-- What a view loses when it is dropped and created again, as statements.
WITH v AS (
    SELECT c.*, format('%%I.%%I', n.nspname, c.relname) AS target FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = %(view)s::oid
), statements (place, statement) AS (
    SELECT 10, format('ALTER VIEW %%s ALTER COLUMN %%I SET DEFAULT %%s', v.target, a.attname, pg_get_expr(d.adbin, d.adrelid))
    FROM v JOIN pg_attrdef d ON d.adrelid = v.oid JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum = d.adnum
    UNION ALL
    SELECT 20, format('COMMENT ON VIEW %%s IS %%L', v.target, obj_description(v.oid, 'pg_class')) FROM v WHERE obj_description(v.oid, 'pg_class') IS NOT NULL
    UNION ALL
    SELECT 21, format('COMMENT ON COLUMN %%s.%%I IS %%L', v.target, a.attname, col_description(v.oid, a.attnum))
    FROM v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0 WHERE col_description(v.oid, a.attnum) IS NOT NULL
    UNION ALL
    SELECT 30, pg_get_triggerdef(t.oid) FROM v JOIN pg_trigger t ON t.tgrelid = v.oid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 31, pg_get_ruledef(r.oid) FROM v JOIN pg_rewrite r ON r.ev_class = v.oid WHERE r.rulename <> '_RETURN'
    UNION ALL
    SELECT 40, format('ALTER VIEW %%s OWNER TO %%I', v.target, pg_get_userbyid(v.relowner)) FROM v
    UNION ALL
    SELECT 41, format('REVOKE ALL ON TABLE %%s FROM %%I', v.target, pg_get_userbyid(v.relowner)) FROM v WHERE v.relacl IS NOT NULL
    UNION ALL
    SELECT 42, format('GRANT %%s ON TABLE %%s TO %%s%%s', x.privilege_type, v.target,
                      CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                      CASE WHEN x.is_grantable AND x.grantee <> v.relowner THEN ' WITH GRANT OPTION' END)
    FROM v, aclexplode(v.relacl) x
    UNION ALL
    SELECT 43, format('GRANT %%s (%%I) ON TABLE %%s TO %%s%%s', x.privilege_type, a.attname, v.target,
                      CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                      CASE WHEN x.is_grantable AND x.grantee <> v.relowner THEN ' WITH GRANT OPTION' END)
    FROM v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) x
)
SELECT statement FROM statements ORDER BY place, statement
