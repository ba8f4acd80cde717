-- What ran in a step and changed something: text without values, counted. A recorder is one attempt in one process; it
-- writes its lines absolutely, so that writing them twice is harmless.
create table cutover_journal.statement (
    recorder uuid not null,
    position int not null,
    run_id   text not null references cutover_journal.run on delete cascade,
    step     text not null,
    attempt  int not null,
    kind     text not null,
    place    text not null,
    text     text not null,
    begun    bigint not null,
    ended    bigint not null,
    failed   bigint not null,
    rows     bigint,
    seconds  double precision not null,
    longest  double precision not null,
    first_at timestamptz not null,
    last_at  timestamptz not null,
    primary key (recorder, position)
);
create index statement_of_run on cutover_journal.statement (run_id, first_at);
