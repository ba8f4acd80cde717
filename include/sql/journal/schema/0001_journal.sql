-- The journal: what each run did, is doing and was told to do. No secret is ever written here.
create table cutover_journal.run (
    run_id         text primary key,
    number         bigint generated always as identity unique,
    migration      text not null,
    strategy       text not null,
    title          text not null,
    database       text not null,
    state          text not null default 'preparing' check (state in (
                       'preparing', 'building', 'filling', 'catching_up', 'verifying', 'cutting_over', 'watching',
                       'window', 'rolling_back', 'rolled_back', 'failed', 'finalizing', 'finalized', 'aborted')),
    reason         text,
    dag_id         text,
    dag_run_id     text,
    triggered_by   text,
    dry_run        boolean not null default false,
    rehearsal_of   text,
    started_at     timestamptz not null default now(),
    swapped_at     timestamptz,
    window_ends_at timestamptz,
    ended_at       timestamptz,
    spec           jsonb not null
);

-- One migration at a time per database. A run in its rollback window does not block the next one.
create unique index run_one_active_per_database on cutover_journal.run (database)
    where state not in ('window', 'rolled_back', 'failed', 'finalized', 'aborted');
create index run_newest_first on cutover_journal.run (started_at desc, number desc);
create index run_of_migration on cutover_journal.run (migration, number desc);

-- One row per attempt of a step. The id is made by the caller, so that writing it twice is harmless.
create table cutover_journal.step (
    id         uuid primary key,
    run_id     text not null references cutover_journal.run on delete cascade,
    name       text not null,
    attempt    int not null,
    state      text not null default 'running' check (state in ('running', 'done', 'failed', 'cancelled', 'lost')),
    started_at timestamptz not null default clock_timestamp(),
    ended_at   timestamptz,
    error      text,
    detail     jsonb not null default '{}'
);
create index step_of_run on cutover_journal.step (run_id, name, attempt);

create table cutover_journal.progress (
    run_id      text not null references cutover_journal.run on delete cascade,
    step        text not null,
    item        text not null,
    done        bigint not null,
    total       bigint,
    rate        double precision,
    eta_seconds double precision,
    note        text,
    started_at  timestamptz not null default clock_timestamp(),
    updated_at  timestamptz not null default clock_timestamp(),
    primary key (run_id, step, item)
);

create table cutover_journal.verdict (
    id          uuid primary key,
    run_id      text not null references cutover_journal.run on delete cascade,
    position    bigint generated always as identity,
    code        text not null,
    name        text not null,
    object      text,
    ok          boolean not null,
    severity    text not null check (severity in ('error', 'warning', 'info')),
    summary     text not null,
    figures     jsonb not null default '{}',
    recorded_at timestamptz not null default clock_timestamp()
);
create index verdict_of_run on cutover_journal.verdict (run_id, position);

create table cutover_journal.event (
    id       uuid primary key,
    run_id   text not null references cutover_journal.run on delete cascade,
    position bigint generated always as identity,
    at       timestamptz not null default clock_timestamp(),
    kind     text not null,
    text     text not null,
    actor    text,
    data     jsonb
);
create index event_of_run on cutover_journal.event (run_id, position);

-- What an operator wants of a running backfill. NULL: as the spec says.
create table cutover_journal.control (
    run_id        text primary key references cutover_journal.run on delete cascade,
    paused        boolean not null default false,
    batch_rows    int check (batch_rows > 0),
    pause_seconds double precision check (pause_seconds >= 0),
    workers       int check (workers > 0),
    changed_by    text,
    changed_at    timestamptz not null default clock_timestamp()
);

create table cutover_journal.document (
    run_id     text not null references cutover_journal.run on delete cascade,
    name       text not null,
    media_type text not null,
    body       bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (run_id, name)
);

-- Slack's bookkeeping: a message is claimed before it is sent, and sent by the claimant only.
create table cutover_journal.message (
    run_id     text not null references cutover_journal.run on delete cascade,
    key        text not null,
    claimant   uuid not null,
    claimed_at timestamptz not null default clock_timestamp(),
    channel    text,
    ts         text,
    sent_at    timestamptz,
    primary key (run_id, key)
);
