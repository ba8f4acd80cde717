CREATE SCHEMA IF NOT EXISTS cutover;
COMMENT ON SCHEMA cutover IS 'State of running Cutover migrations; removed by finalize and rollback.';

CREATE TABLE IF NOT EXISTS cutover.online_run (
    run_id     text PRIMARY KEY,
    number     bigint NOT NULL,
    up_done    boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS cutover.online_table (
    run_id      text NOT NULL REFERENCES cutover.online_run ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    original    oid NOT NULL,
    shadow      oid NOT NULL,
    live        text NOT NULL DEFAULT 'original' CHECK (live IN ('original', 'shadow')),
    phase       text NOT NULL,
    design      jsonb NOT NULL,
    fingerprint jsonb NOT NULL,
    swapped_at  timestamptz,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, ordinal),
    -- One run per table, the rollback window included.
    UNIQUE (schema_name, table_name)
);

-- A TRUNCATE of the live table, until the drain has emptied the follower.
CREATE TABLE IF NOT EXISTS cutover.truncation (
    number  bigint NOT NULL,
    ordinal integer NOT NULL,
    live    text NOT NULL
);
