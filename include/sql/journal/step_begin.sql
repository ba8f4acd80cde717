-- An attempt that never ended belongs to a worker that died: it is closed as lost when the next one starts.
with earlier as (
    select coalesce(max(attempt), 0) as attempt
    from cutover_journal.step
    where run_id = %(run_id)s and name = %(name)s and id <> %(id)s
), closed as (
    update cutover_journal.step
    set state = 'lost', ended_at = clock_timestamp(), error = 'the worker ended without a word'
    where run_id = %(run_id)s and name = %(name)s and id <> %(id)s and state = 'running'
)
insert into cutover_journal.step (id, run_id, name, attempt)
select %(id)s, %(run_id)s, %(name)s, attempt + 1 from earlier
on conflict (id) do update set id = excluded.id
returning attempt
