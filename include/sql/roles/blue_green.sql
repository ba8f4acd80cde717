-- The role under which the blue-green strategy works, on either side: what it needs, and no more. No superuser, no
-- CREATEROLE, no BYPASSRLS. Run it as a superuser, or as whoever may grant these rights (on managed PostgreSQL the
-- administrator's role), connected to the database itself (on green's server: to any, where the run shall make green);
-- once for each owner.
--
--   {role}      the role, e.g. cutover; set its password apart (\password): it belongs in the Airflow connection, and the
--               run hands it to the servers, which follow each other with it
--   {database}  the database to be migrated; on green's server green, if it is there already
--   {owner}     the role that owns the tables
--
-- Where other roles own tables, views, functions or schemas, grant these too; preflight names them.
-- Where row level security is forced on a table: ALTER ROLE {role} BYPASSRLS on blue.
-- Where roles shall be made on green's server by the run: ALTER ROLE {role} CREATEROLE there; else make them by hand.
-- Where the spec sets cutover: kill_blockers:, GRANT pg_signal_backend TO {role}.

-- == on both sides
DO $make$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {role_text}) THEN
        CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS CONNECTION LIMIT 60;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {owner_text}) THEN
        CREATE ROLE {owner} NOLOGIN;
    END IF;
    -- Before PostgreSQL 16 only superusers may subscribe. Blue needs it for the way back only.
    IF current_setting('server_version_num')::int >= 160000 THEN
        GRANT pg_create_subscription TO {role};
    END IF;
    -- The run's own schema, its publication, its subscription. A green that the run makes is its own.
    IF EXISTS (SELECT FROM pg_database WHERE datname = {database_text}) THEN
        GRANT CONNECT, CREATE ON DATABASE {database} TO {role};
    END IF;
END
$make$;

-- A slot on either side, so that each can follow the other, and on blue the session whose snapshot is copied.
ALTER ROLE {role} REPLICATION;

-- Reading the rows, fences, publications, green's ownership, and applying changes in the owner's name.
GRANT {owner} TO {role};

-- Lag, long transactions and who is in the way are seen instead of guessed.
GRANT pg_read_all_stats TO {role};

-- == on green
-- The scratch database of the design; green itself, where it is not there yet.
ALTER ROLE {role} CREATEDB;
