-- Roles that this database needs: who owns something here, was granted something or has settings here; who is a member
-- of these, directly or not, and so comes in through them; and the roles that all of those are members of. Without
-- superusers that are only members, and without the migration's own login where nothing but our own state speaks of it.
WITH RECURSIVE here AS (
    SELECT oid, datdba, datacl FROM pg_catalog.pg_database WHERE datname = current_database()
),
own (classid, objid) AS (
    SELECT 'pg_namespace'::regclass, oid FROM pg_catalog.pg_namespace WHERE nspname = 'cutover_sync'
    UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_catalog.pg_class
        WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'cutover_sync')
    UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_catalog.pg_proc
        WHERE pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'cutover_sync')
    UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_catalog.pg_type
        WHERE typnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'cutover_sync')
    UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_catalog.pg_publication WHERE pubname LIKE 'cutover\_%%'
    UNION ALL SELECT 'pg_subscription'::regclass, oid FROM pg_catalog.pg_subscription
),
-- What the first superuser owns is not in pg_shdepend.
firsts AS (
    SELECT FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE relowner = 10 AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync')
        AND n.nspname !~ '^pg_(toast|temp)' AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
),
named (oid) AS (
    SELECT s.refobjid
    FROM pg_catalog.pg_shdepend AS s
    WHERE s.refclassid = 'pg_authid'::regclass AND s.dbid = (SELECT oid FROM here)
        AND NOT EXISTS (SELECT FROM own WHERE own.classid = s.classid AND own.objid = s.objid)
    UNION SELECT datdba FROM here WHERE datdba <> current_user::regrole
    UNION SELECT a.grantee FROM here, aclexplode(datacl) AS a
        WHERE a.grantee <> 0 AND a.grantee NOT IN (datdba, current_user::regrole)
    UNION SELECT setrole FROM pg_catalog.pg_db_role_setting, here WHERE setdatabase = here.oid AND setrole <> 0
    UNION SELECT 10 WHERE EXISTS (SELECT FROM firsts)
),
below (oid) AS (
    SELECT oid FROM named
    UNION
    SELECT m.member
    FROM below
    JOIN pg_catalog.pg_auth_members AS m ON m.roleid = below.oid
    JOIN pg_catalog.pg_roles AS r ON r.oid = m.member
    JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
    WHERE NOT r.rolsuper AND r.rolname <> current_user AND g.rolname !~ '^pg_'
),
around (oid) AS (
    SELECT oid FROM below
    UNION
    SELECT m.roleid FROM around JOIN pg_catalog.pg_auth_members AS m ON m.member = around.oid
)
SELECT r.rolname::text AS name, r.rolsuper AS super, r.rolinherit AS inherits, r.rolcreaterole AS creates_roles,
       r.rolcreatedb AS creates_databases, r.rolcanlogin AS logs_in, r.rolreplication AS replicates,
       r.rolbypassrls AS bypasses_policies, r.rolconnlimit AS connections, r.rolvaliduntil AS valid_until,
       shobj_description(r.oid, 'pg_authid') AS comment,
       -- The member is allowed what the group is allowed; since 16 each membership says by itself how.
       coalesce((SELECT jsonb_agg(to_jsonb(m) || jsonb_build_object('group', g.rolname) ORDER BY g.rolname)
                 FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
                 WHERE m.member = r.oid), '[]') AS memberships,
       -- Whose objects will be handed to it: the login on green has to be able to act as it.
       EXISTS (SELECT FROM pg_catalog.pg_shdepend AS s
               WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND s.deptype = 'o'
                   AND s.dbid = (SELECT oid FROM here)
                   AND NOT EXISTS (SELECT FROM own WHERE own.classid = s.classid AND own.objid = s.objid))
           OR (r.oid = 10 AND EXISTS (SELECT FROM firsts)) AS owns
FROM around JOIN pg_catalog.pg_roles AS r USING (oid)
WHERE r.rolname !~ '^pg_'
ORDER BY r.rolname
