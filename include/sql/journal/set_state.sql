-- The row is locked first, so that two callers cannot both see the old state; the event is written with the change.
with before as (
    select run_id, state from cutover_journal.run where run_id = %(run_id)s for update
), changed as (
    update cutover_journal.run r
    set state = %(state)s,
        reason = coalesce(%(reason)s, r.reason),
        ended_at = case
            when not %(terminal)s then null
            when b.state = %(state)s then r.ended_at
            else clock_timestamp()
        end
    from before b
    where r.run_id = b.run_id and b.state = any(%(allowed)s)
    returning r.*
), noted as (
    insert into cutover_journal.event (id, run_id, kind, text, actor, data)
    select %(event_id)s, b.run_id, 'state', %(text)s, %(actor)s,
           jsonb_build_object('from', b.state, 'to', %(state)s::text, 'reason', %(reason)s::text)
    from before b join changed c using (run_id)
    where b.state <> %(state)s
    on conflict (id) do nothing
)
select * from changed
