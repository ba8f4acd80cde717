-- Which of these roles this server has, and whether the one that asks can act as them.
SELECT r.rolname::text AS name,
       CASE WHEN current_setting('server_version_num')::int >= 160000 THEN pg_has_role(r.oid, 'SET')
            ELSE pg_has_role(r.oid, 'MEMBER') END AS settable
FROM pg_roles r
WHERE r.rolname = ANY (%(names)s)
ORDER BY 1
