select step, item, done, total, rate, eta_seconds, note, started_at, updated_at
from cutover_journal.progress
where run_id = %(run_id)s
order by started_at, step, item
