-- What was said to whom, beside the threads of the runs. An announcement belongs to a run (occasion: its id) or, before
-- there is one, to the time that was planned. It is claimed, then marked as on its way, then noted as sent: one that
-- was on its way when its claimant died is looked for where it was sent to, before it is sent again.
create table cutover_journal.announcement (
    migration    text not null,
    occasion     text not null,
    audience     text not null,
    key          text not null,
    moment       text not null,
    run_id       text references cutover_journal.run on delete cascade,
    window_start timestamptz,
    claimant     uuid not null,
    claimed_at   timestamptz not null default clock_timestamp(),
    sending_at   timestamptz,
    channel      text,
    channel_id   text,
    ts           text,
    sent_at      timestamptz,
    late         boolean not null default false,
    uncertain    boolean not null default false,
    primary key (migration, occasion, audience, key)
);
create index announcement_of_run on cutover_journal.announcement (run_id);
