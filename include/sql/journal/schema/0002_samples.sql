-- Measurements over time: how far one side is behind the other. The id is made by the caller, so that writing it twice
-- is harmless.
create table cutover_journal.sample (
    id       uuid primary key,
    run_id   text not null references cutover_journal.run on delete cascade,
    position bigint generated always as identity,
    series   text not null,
    at       timestamptz not null default clock_timestamp(),
    data     jsonb not null
);
create index sample_of_run on cutover_journal.sample (run_id, series, position);
