-- What is counted in runs that have not ended.
select p.run_id, run.migration, p.step, p.item, p.done, p.total, p.rate, p.eta_seconds
from cutover_journal.progress as p
join cutover_journal.run as run using (run_id)
where run.state not in ('rolled_back', 'failed', 'finalized', 'aborted')
order by p.run_id, p.step, p.item
