-- Who may write or read one of these old tables, and lacks the same right on a new one.
WITH had AS (
    SELECT DISTINCT a.grantee, a.privilege_type
    FROM pg_class AS c CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
    WHERE c.oid = ANY (%(old)s::regclass[]) AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
)
SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
       string_agg(privilege_type, ', ' ORDER BY privilege_type)
FROM had
WHERE NOT CASE grantee WHEN 0 THEN has_table_privilege('public', %(new)s, privilege_type)
                       ELSE has_table_privilege(grantee, %(new)s, privilege_type) END
GROUP BY 1 ORDER BY 1
