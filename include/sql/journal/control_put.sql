-- Only what is named in `changed` changes; the rest stays as the last operator left it.
with put as (
    insert into cutover_journal.control as c (run_id, paused, batch_rows, pause_seconds, workers, changed_by)
    values (%(run_id)s, coalesce(%(paused)s, false), %(batch_rows)s, %(pause_seconds)s, %(workers)s, %(actor)s)
    on conflict (run_id) do update
    set paused = case when 'paused' = any(%(changed)s) then excluded.paused else c.paused end,
        batch_rows = case when 'batch_rows' = any(%(changed)s) then excluded.batch_rows else c.batch_rows end,
        pause_seconds = case when 'pause_seconds' = any(%(changed)s) then excluded.pause_seconds else c.pause_seconds end,
        workers = case when 'workers' = any(%(changed)s) then excluded.workers else c.workers end,
        changed_by = excluded.changed_by,
        changed_at = clock_timestamp()
    returning c.*
), noted as (
    insert into cutover_journal.event (id, run_id, kind, text, actor, data)
    select %(event_id)s, run_id, 'control', %(text)s, %(actor)s, %(data)s from put
    on conflict (id) do nothing
)
select paused, batch_rows, pause_seconds, workers, changed_by, changed_at from put
