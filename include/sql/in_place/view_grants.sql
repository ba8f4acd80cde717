-- Statements that give a view the owner, the grants and the comment of the table that it stands for.
WITH t AS (SELECT oid, relowner, relacl FROM pg_catalog.pg_class WHERE oid = to_regclass(%(table)s))
SELECT format('ALTER VIEW %%s OWNER TO %%I', %(view)s::text, pg_catalog.pg_get_userbyid(relowner)) FROM t
UNION ALL
SELECT format(
    'GRANT %%s ON %%s TO %%s%%s',
    a.privilege_type, %(view)s::text,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM t CROSS JOIN LATERAL pg_catalog.aclexplode(t.relacl) AS a
WHERE a.grantee <> t.relowner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
UNION ALL
SELECT format('COMMENT ON VIEW %%s IS %%L', %(view)s::text, 'Stands for ' || %(table)s || ' while both names are used')
