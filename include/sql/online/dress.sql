-- What CREATE TABLE (LIKE ... INCLUDING ALL) forgets, as statements for the table %(schema)s.%(table)s; the
-- server quotes every name itself (%%I, %%L). Order matters: the owner is set before grants are made in his name.
WITH t AS (
    SELECT c.*, format('%%I.%%I', %(schema)s::text, %(table)s::text) AS target
    FROM pg_class c WHERE c.oid = %(original)s::oid
), statements (place, statement) AS (
    SELECT 10, format('ALTER TABLE %%s SET (%%s)', t.target,
                      (SELECT string_agg(format('%%I = %%L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ') FROM unnest(t.reloptions) o))
    FROM t WHERE t.reloptions IS NOT NULL
    UNION ALL
    SELECT 11, format('ALTER TABLE %%s SET (%%s)', t.target,
                      (SELECT string_agg(format('toast.%%I = %%L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ') FROM unnest(x.reloptions) o))
    FROM t JOIN pg_class x ON x.oid = t.reltoastrelid WHERE x.reloptions IS NOT NULL
    UNION ALL
    SELECT 20, format('ALTER TABLE %%s ALTER COLUMN %%I SET STATISTICS %%s', t.target, a.attname, a.attstattarget)
    FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE coalesce(a.attstattarget, -1) >= 0
    UNION ALL
    SELECT 21, format('ALTER TABLE %%s ALTER COLUMN %%I SET (%%s)', t.target, a.attname, array_to_string(a.attoptions, ', '))
    FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE a.attoptions IS NOT NULL
    UNION ALL
    SELECT 30, format('COMMENT ON TABLE %%s IS %%L', t.target, obj_description(t.oid, 'pg_class'))
    FROM t WHERE obj_description(t.oid, 'pg_class') IS NOT NULL
    UNION ALL
    SELECT 40, format('CREATE STATISTICS %%I.%%I%%s ON %%s FROM %%s', %(schema)s::text, s.stxname,
                      CASE WHEN cardinality(k.kinds) > 0 THEN format(' (%%s)', array_to_string(k.kinds, ', ')) END,
                      pg_get_statisticsobjdef_columns(s.oid), t.target)
    FROM t JOIN pg_statistic_ext s ON s.stxrelid = t.oid,
    LATERAL (SELECT array_remove(ARRAY[CASE WHEN 'd' = ANY (s.stxkind) THEN 'ndistinct' END,
                                       CASE WHEN 'f' = ANY (s.stxkind) THEN 'dependencies' END,
                                       CASE WHEN 'm' = ANY (s.stxkind) THEN 'mcv' END], NULL) AS kinds) k
    UNION ALL
    SELECT 41, format('ALTER STATISTICS %%I.%%I SET STATISTICS %%s', %(schema)s::text, s.stxname, s.stxstattarget)
    FROM t JOIN pg_statistic_ext s ON s.stxrelid = t.oid WHERE coalesce(s.stxstattarget, -1) >= 0
    UNION ALL
    SELECT 42, format('COMMENT ON STATISTICS %%I.%%I IS %%L', %(schema)s::text, s.stxname, obj_description(s.oid, 'pg_statistic_ext'))
    FROM t JOIN pg_statistic_ext s ON s.stxrelid = t.oid WHERE obj_description(s.oid, 'pg_statistic_ext') IS NOT NULL
    UNION ALL
    SELECT 50, format('CREATE POLICY %%I ON %%s AS %%s FOR %%s TO %%s%%s%%s', p.polname, t.target,
                      CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                      CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                      (SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ') FROM unnest(p.polroles) r),
                      CASE WHEN p.polqual IS NOT NULL THEN format(' USING (%%s)', pg_get_expr(p.polqual, p.polrelid)) END,
                      CASE WHEN p.polwithcheck IS NOT NULL THEN format(' WITH CHECK (%%s)', pg_get_expr(p.polwithcheck, p.polrelid)) END)
    FROM t JOIN pg_policy p ON p.polrelid = t.oid
    UNION ALL
    SELECT 51, format('COMMENT ON POLICY %%I ON %%s IS %%L', p.polname, t.target, obj_description(p.oid, 'pg_policy'))
    FROM t JOIN pg_policy p ON p.polrelid = t.oid WHERE obj_description(p.oid, 'pg_policy') IS NOT NULL
    UNION ALL
    SELECT 52, format('ALTER TABLE %%s ENABLE ROW LEVEL SECURITY', t.target) FROM t WHERE t.relrowsecurity
    UNION ALL
    SELECT 60, format('ALTER TABLE %%s OWNER TO %%I', t.target, pg_get_userbyid(t.relowner)) FROM t
    UNION ALL
    -- Default privileges may have granted something already: what is granted is exactly what the original grants.
    SELECT 61, format('REVOKE ALL ON TABLE %%s FROM %%s', t.target, g.grantee)
    FROM t JOIN pg_class n ON n.oid = %(shadow)s::oid,
    LATERAL (SELECT DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee
             FROM aclexplode(n.relacl) x) g
    UNION ALL
    SELECT 62, format('REVOKE ALL ON TABLE %%s FROM %%I', t.target, pg_get_userbyid(t.relowner)) FROM t WHERE t.relacl IS NOT NULL
    UNION ALL
    SELECT 63, format('GRANT %%s ON TABLE %%s TO %%s%%s', x.privilege_type, t.target,
                      CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                      CASE WHEN x.is_grantable AND x.grantee <> t.relowner THEN ' WITH GRANT OPTION' END)
    FROM t, aclexplode(t.relacl) x
    UNION ALL
    SELECT 64, format('GRANT %%s (%%I) ON TABLE %%s TO %%s%%s', x.privilege_type, a.attname, t.target,
                      CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                      CASE WHEN x.is_grantable AND x.grantee <> t.relowner THEN ' WITH GRANT OPTION' END)
    FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) x
)
SELECT statement FROM statements WHERE statement IS NOT NULL ORDER BY place, statement
