CREATE SCHEMA IF NOT EXISTS cutover_flags;
COMMENT ON SCHEMA cutover_flags IS 'Where applications look which side of a migration they write and read; see docs/flags.md.';

CREATE TABLE IF NOT EXISTS cutover_flags.flag (
    migration  text PRIMARY KEY,
    mode       text NOT NULL CHECK (mode IN ('old_only', 'dual_write_read_old', 'dual_write_read_new', 'new_only')),
    read_new   numeric(5, 2) NOT NULL DEFAULT 0 CHECK (read_new BETWEEN 0 AND 100),
    shadow     numeric(5, 2) NOT NULL DEFAULT 0 CHECK (shadow BETWEEN 0 AND 100),
    version    bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text,
    note       text,
    -- Until then nothing is begun but reading.
    held_until timestamptz
);

-- One row for each running process of an application. It is alive for as long as it says so often enough.
CREATE TABLE IF NOT EXISTS cutover_flags.instance (
    migration    text NOT NULL REFERENCES cutover_flags.flag ON DELETE CASCADE,
    instance     text NOT NULL,
    application  text NOT NULL DEFAULT '',
    acknowledged bigint NOT NULL DEFAULT 0,
    began_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease        interval NOT NULL,
    -- Up to this version an operator answers for the instance.
    excused      bigint NOT NULL DEFAULT 0,
    excused_by   text,
    -- The last batch of its shadow reads that was written: sent twice, one counts once.
    recorded     bigint NOT NULL DEFAULT 0,
    -- Nobody but who made it may speak for it; the owner of the schema may.
    login        name NOT NULL DEFAULT session_user,
    PRIMARY KEY (migration, instance)
);

CREATE TABLE IF NOT EXISTS cutover_flags.history (
    migration  text NOT NULL,
    version    bigint NOT NULL,
    mode       text NOT NULL,
    read_new   numeric(5, 2) NOT NULL,
    shadow     numeric(5, 2) NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text,
    note       text,
    held_until timestamptz
);

-- Reads of which both sides were asked, by what was read.
CREATE TABLE IF NOT EXISTS cutover_flags.shadow (
    migration  text NOT NULL REFERENCES cutover_flags.flag ON DELETE CASCADE,
    what       text NOT NULL,
    reads      bigint NOT NULL DEFAULT 0,
    mismatches bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (migration, what)
);

-- The first of them, to look at. Answers are data of the application: nobody but the owner reads them.
CREATE TABLE IF NOT EXISTS cutover_flags.mismatch (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    migration  text NOT NULL REFERENCES cutover_flags.flag ON DELETE CASCADE,
    what       text NOT NULL,
    key        text NOT NULL,
    old        text NOT NULL,
    new        text NOT NULL,
    instance   text NOT NULL,
    version    bigint NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (migration, id)
);

-- An application's login speaks for the instances that it has made, and for no other. The owner is not bound by it.
DO $guard$
BEGIN
    IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = 'cutover_flags.instance'::regclass) THEN
        ALTER TABLE cutover_flags.instance ENABLE ROW LEVEL SECURITY;
        CREATE POLICY seen_by_all ON cutover_flags.instance FOR SELECT USING (true);
        CREATE POLICY its_own ON cutover_flags.instance USING (login = session_user) WITH CHECK (login = session_user);
    END IF;
END
$guard$;
