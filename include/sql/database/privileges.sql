-- What roles other than the owner (everybody: '') may do with this database.
SELECT a.privilege_type AS privilege, coalesce(r.rolname::text, '') AS role, a.is_grantable AS further
FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a
    LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE d.datname = current_database() AND a.grantee <> d.datdba
ORDER BY 1, 2
