CREATE SCHEMA IF NOT EXISTS cutover_dual;
COMMENT ON SCHEMA cutover_dual IS 'Double writing of running Cutover migrations; removed by finalize and rollback.';
CREATE TABLE IF NOT EXISTS cutover_dual.run (
    run_id   text PRIMARY KEY,
    number   bigint NOT NULL UNIQUE,
    up_done  boolean NOT NULL DEFAULT false,
    filled   boolean NOT NULL DEFAULT false,
    -- Which side takes the application's writes: the other one follows.
    live     text NOT NULL DEFAULT 'old' CHECK (live IN ('old', 'new')),
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Foreign keys between new tables, taken away until the backfill is through.
CREATE TABLE IF NOT EXISTS cutover_dual.foreign_key (
    run_id     text NOT NULL REFERENCES cutover_dual.run ON DELETE CASCADE,
    table_name text NOT NULL,
    name       text NOT NULL,
    definition text NOT NULL,
    refers_to  text NOT NULL,
    PRIMARY KEY (run_id, table_name, name)
)
