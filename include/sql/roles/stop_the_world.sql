-- The role under which a maintenance window works: what it needs, and no more. No superuser, no REPLICATION, no
-- CREATEROLE, no BYPASSRLS. Run it as a superuser, or as whoever may grant these rights (on managed PostgreSQL the
-- administrator's role), connected to the database itself (on another database's server: to any, where the run shall
-- make that database); once for each owner.
--
--   {role}      the role, e.g. cutover; set its password apart (\password): it belongs in the Airflow connection
--   {database}  the database to be migrated; on the other server the one that shall take over, if it is there already
--   {owner}     the role that owns the tables
--
-- Where other roles own tables, views, functions or schemas, or the database itself, grant these too; preflight names
-- them. Where row level security is forced on a table: ALTER ROLE {role} BYPASSRLS on the source.
-- Where roles shall be made on the other server by the run: ALTER ROLE {role} CREATEROLE there; else make them by hand.

-- == on every server
DO $make$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {role_text}) THEN
        CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 60;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {owner_text}) THEN
        CREATE ROLE {owner} NOLOGIN;
    END IF;
    -- The run's own schema. A database that the run makes is its own.
    IF EXISTS (SELECT FROM pg_database WHERE datname = {database_text}) THEN
        GRANT CONNECT, CREATE ON DATABASE {database} TO {role};
    END IF;
END
$make$;

-- Fences, the rows themselves, and in place whatever the migration's SQL does.
GRANT {owner} TO {role};

-- Who is connected, and since when, is seen; and ended when the doors close.
GRANT pg_read_all_stats, pg_signal_backend TO {role};

-- == where databases are made
-- In place: the scratch database of a proof, and the one that a rollback point is restored into, which then takes the
-- name of the live one; for that the role must also own the database or be a member of its owner. Across, on the other
-- server: the scratch database of the design; the other database itself, where it is not there yet.
ALTER ROLE {role} CREATEDB;
