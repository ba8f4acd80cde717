-- The last look at each flow of runs that have not ended.
select run.run_id, run.migration, last.data ->> 'flow' as flow, (last.data ->> 'seconds')::float8 as seconds,
       (last.data ->> 'bytes')::float8 as bytes, (last.data ->> 'kept_bytes')::float8 as kept_bytes
from cutover_journal.run as run
cross join lateral (
    select distinct on (series) series, data
    from cutover_journal.sample
    where run_id = run.run_id and series like 'lag %%'
    order by series, position desc
) as last
where run.state not in ('rolled_back', 'failed', 'finalized', 'aborted')
order by run.run_id, last.series
