-- What a run knows about one side, kept on that side and committed with the work itself. The same on both sides.
CREATE SCHEMA IF NOT EXISTS cutover_sync;

-- live: applications may write here. The fence and this flag change in one transaction; of the two sides one is live at
-- most. attempt: the cutover that is under way, if any: whoever is not named here may neither open nor close this side.
-- phase: how far the run has come on this side.
CREATE TABLE IF NOT EXISTS cutover_sync.run (
    run_id text PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    side text NOT NULL CHECK (side IN ('blue', 'green')),
    live boolean NOT NULL,
    attempt text,
    phase text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A row per run and side, written on that side and carried across with everything else: how far the other one is behind.
CREATE TABLE IF NOT EXISTS cutover_sync.heartbeat (
    number bigint NOT NULL,
    side text NOT NULL,
    beat bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (number, side)
);
