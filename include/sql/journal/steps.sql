select name, attempt, state, started_at, ended_at, error, detail
from cutover_journal.step
where run_id = %(run_id)s
order by started_at, name, attempt
