-- The first answer stands: a retried step does not prolong the window.
with changed as (
    update cutover_journal.run
    set swapped_at = coalesce(swapped_at, statement_timestamp()),
        window_ends_at = coalesce(window_ends_at, coalesce(swapped_at, statement_timestamp()) + %(window)s)
    where run_id = %(run_id)s
    returning *
), noted as (
    insert into cutover_journal.event (id, run_id, kind, text)
    select %(event_id)s, run_id, 'swapped',
           'live changed sides; the way back is open until '
           || to_char(window_ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
    from changed
    where not exists (
        select from cutover_journal.event where run_id = %(run_id)s and kind = 'swapped')
    on conflict (id) do nothing
)
select * from changed
