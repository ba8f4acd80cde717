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
    note       text
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
    note       text
);
