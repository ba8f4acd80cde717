select *
from cutover_journal.run
where dag_id = %(dag_id)s and dag_run_id = %(dag_run_id)s
order by number desc
limit 1
