select paused, batch_rows, pause_seconds, workers, changed_by, changed_at
from cutover_journal.control
where run_id = %(run_id)s
