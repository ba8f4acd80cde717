-- The last verdict of each check, of runs that have not ended.
select run_id, migration, code, object, ok, severity
from (
    select distinct on (v.run_id, v.code, v.object) v.run_id, run.migration, v.code, v.object, v.ok, v.severity
    from cutover_journal.verdict as v
    join cutover_journal.run as run using (run_id)
    where run.state not in ('rolled_back', 'failed', 'finalized', 'aborted')
    order by v.run_id, v.code, v.object, v.position desc
) as last
order by run_id, code, object
