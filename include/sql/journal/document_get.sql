select name, media_type, body, created_at
from cutover_journal.document
where run_id = %(run_id)s and name = %(name)s
