-- Of each thing that is observed in open windows the last look that could be taken: its figure, and whether it is over.
select distinct on (run.run_id, look.verdict ->> 'code', look.verdict ->> 'object')
       run.run_id, run.migration, look.verdict ->> 'code' as code, look.verdict ->> 'object' as object,
       look.verdict -> 'figures' ->> 'unit' as unit,
       case when (look.verdict ->> 'ok')::boolean then 0 else 1 end as over,
       (look.verdict -> 'figures' ->> 'value')::float8 as value,
       (look.verdict -> 'figures' ->> 'limit')::float8 as most
from cutover_journal.run as run
cross join lateral (
    -- As many as there are between two looks at which rows are counted, by the defaults.
    select position, data
    from cutover_journal.sample
    where run_id = run.run_id and series = 'observe'
    order by position desc
    limit 20
) as last
cross join lateral jsonb_array_elements(last.data -> 'checks') as look (verdict)
where run.state = 'window' and ((look.verdict ->> 'ok')::boolean or look.verdict ->> 'severity' <> 'info')
order by run.run_id, look.verdict ->> 'code', look.verdict ->> 'object', last.position desc
