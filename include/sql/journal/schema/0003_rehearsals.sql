-- Rehearsals: where each works, what it has made, and how it went. What is made is written down before it is made, so
-- that whatever a killed night leaves is found again. A night is a run of its own; a rehearsal by hand has none.
create table cutover_journal.rehearsal (
    rehearsal_id text primary key,
    night        text references cutover_journal.run on delete cascade,
    migration    text not null,
    strategy     text not null,
    title        text not null,
    dag_run_id   text,
    spec         jsonb not null,
    places       jsonb not null default '{}',
    started_at   timestamptz not null default clock_timestamp(),
    before       jsonb,
    live         jsonb,
    troubles     jsonb not null default '{}',
    cleared_at   timestamptz,
    ended_at     timestamptz,
    verdict      text check (verdict in ('go', 'no_go', 'not_rehearsed')),
    reasons      jsonb not null default '[]',
    figures      jsonb not null default '{}'
);
create index rehearsal_of_night on cutover_journal.rehearsal (night);
create index rehearsal_of_migration on cutover_journal.rehearsal (migration, started_at desc);
create index run_of_rehearsal on cutover_journal.run (rehearsal_of) where rehearsal_of is not null;

-- Two rehearsals at once never share a database, nor a pooler's entry: the first one holds it until it has cleared up.
create table cutover_journal.rehearsal_hold (
    place        text primary key,
    rehearsal_id text not null references cutover_journal.rehearsal on delete cascade,
    held_at      timestamptz not null default clock_timestamp()
);
