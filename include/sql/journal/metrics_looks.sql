-- When each run in its window was looked at the last time.
select run.run_id, run.migration, extract(epoch from max(sample.at))::float8 as looked
from cutover_journal.run as run
join cutover_journal.sample as sample on sample.run_id = run.run_id and sample.series = 'observe'
where run.state = 'window'
group by run.run_id, run.migration
order by run.run_id
