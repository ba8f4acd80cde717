-- Roles other than the owner that may connect to this database.
SELECT DISTINCT a.grantee::regrole::text FROM pg_database d, aclexplode(d.datacl) a
WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT' AND a.grantee <> 0
    AND a.grantee <> d.datdba AND a.grantee <> current_user::regrole
