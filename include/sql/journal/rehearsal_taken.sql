select place, rehearsal_id
from cutover_journal.rehearsal_hold
where place = any(%(places)s) and rehearsal_id <> %(rehearsal_id)s
order by place
