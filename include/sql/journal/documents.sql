select name, media_type, octet_length(body) as size, created_at
from cutover_journal.document
where run_id = %(run_id)s
order by name
