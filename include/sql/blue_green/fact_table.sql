-- What the schema of this side was when its run began to rely on it; goes with the run's row.
CREATE TABLE IF NOT EXISTS cutover_sync.fact (
    run_id text NOT NULL REFERENCES cutover_sync.run ON DELETE CASCADE,
    kind text NOT NULL,
    name text NOT NULL,
    fact text NOT NULL
)
