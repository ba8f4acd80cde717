create table if not exists cutover_journal.schema_version (
    version    int primary key,
    applied_at timestamptz not null default now()
)
