select at, kind, text, actor, data
from cutover_journal.event
where run_id = %(run_id)s and (%(kind)s::text is null or kind = %(kind)s)
order by position
