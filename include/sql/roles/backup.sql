-- The role under which rollback points are taken, proven and restored: what it needs, and no more. No superuser, no
-- REPLICATION, no CREATEROLE, no BYPASSRLS. Run it as a superuser, or as whoever may grant these rights (on managed
-- PostgreSQL the administrator's role), connected to the database itself; once for each owner.
--
--   {role}      the role, e.g. cutover; set its password apart (\password): it belongs in the Airflow connection
--   {database}  the database of which points are taken
--   {owner}     the role that owns the tables
--
-- Where other roles own tables, views, functions or schemas, grant these too.
-- Where row level security is forced on a table: ALTER ROLE {role} BYPASSRLS.
-- Where the database has extensions that only a superuser may create: make them in a database that the scratch one is
-- copied from, and ALTER DATABASE <it> IS_TEMPLATE true; see docs/backups.md.

-- == to take them
DO $make$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {role_text}) THEN
        CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 40;
    END IF;
END
$make$;

GRANT CONNECT ON DATABASE {database} TO {role};

-- Reading every row, policies or not, sequences and large objects; and handing what is restored to its owner.
GRANT {owner} TO {role};

-- Who keeps a table from being read is named, and progress is seen.
GRANT pg_read_all_stats TO {role};

-- == to prove and restore them
-- The scratch database of a proof, and the one that a point is restored into, which is its own until it is filled.
ALTER ROLE {role} CREATEDB;
