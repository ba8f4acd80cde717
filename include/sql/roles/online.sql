-- The role under which the online strategy works in the migrated database: what it needs, and no more. No superuser,
-- no REPLICATION, no CREATEROLE, no BYPASSRLS. Run it as a superuser, or as whoever may grant these rights (on managed
-- PostgreSQL the administrator's role), connected to the database itself; once for each schema and owner.
--
--   {role}      the role, e.g. cutover; set its password apart (\password), it belongs in the Airflow connection only
--   {database}  the database to be migrated
--   {schema}    the schema of the tables to be migrated
--   {owner}     the role that owns these tables
--
-- Where views, functions or referring tables belong to another role, grant that role too; preflight (PF031) names it.
-- Where a referenced table belongs to another role: GRANT REFERENCES, UPDATE ON it (PF032 names it).
-- Where row level security is forced on a table: ALTER ROLE {role} BYPASSRLS (PF026).
-- Where the spec sets cutover: kill_blockers:, GRANT pg_signal_backend TO {role} (PF071).
-- Where a table that changes in place has triggers of its own: GRANT SET ON PARAMETER session_replication_role TO {role}
-- (DUA050).
DO $make$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {role_text}) THEN
        CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 40;
    END IF;
END
$make$;

-- Schemas of its own for shadow, old table and capture; temporary tables for the keys of a batch.
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO {role};

-- The swap moves the new table in here, and defines views and functions again.
GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};

-- Triggers, the move to another schema and the new table's ownership take the owner's rights; nothing less will do.
GRANT {owner} TO {role};

-- Blockers, long transactions and load are seen with their queries instead of bare numbers.
GRANT pg_read_all_stats TO {role};
