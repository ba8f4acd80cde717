-- The roles around the store of flags: what the strategy needs to move them, and what applications need to follow them.
-- No superuser, no CREATEROLE. Run it as a superuser, or as whoever may grant these rights (on managed PostgreSQL the
-- administrator's role), connected to the database of the store itself; once for each application's login.
--
--   {role}         the role of the strategy, e.g. cutover; set its password apart (\password)
--   {database}     the database of the store
--   {application}  an application's login, which is there already
--
-- cutover_flags is a role of this name on every server with a store: nobody logs in as it, applications are members.

-- == the strategy
DO $make$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {role_text}) THEN
        CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 40;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cutover_flags') THEN
        CREATE ROLE cutover_flags NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
END
$make$;

-- The schema is its own: it makes it with the first flag and drops it with the last.
GRANT CONNECT, CREATE ON DATABASE {database} TO {role};

-- == applications
GRANT CONNECT ON DATABASE {database} TO {application};
GRANT cutover_flags TO {application};

-- Where there are flags already; later ones come with these grants.
