update cutover_journal.rehearsal
set places = coalesce(%(places)s, places),
    before = coalesce(%(before)s, before),
    live = coalesce(%(live)s, live),
    troubles = case
        when %(task)s::text is null then troubles
        when %(trouble)s::text is null then troubles - %(task)s::text
        else troubles || jsonb_build_object(%(task)s::text, %(trouble)s::text)
    end,
    cleared_at = case when %(cleared)s then coalesce(cleared_at, clock_timestamp()) else cleared_at end
where rehearsal_id = %(rehearsal_id)s
