select run_id, array_agg(name order by name) as names
from cutover_journal.document
where run_id = any(%(run_ids)s)
group by run_id
