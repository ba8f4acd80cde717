select *
from cutover_journal.rehearsal
where (%(night)s::text is null or night = %(night)s)
  and (%(migration)s::text is null or migration = %(migration)s)
  and (not %(uncleared)s or cleared_at is null)
  and (%(verdict)s::text is null or verdict = %(verdict)s)
order by started_at desc, rehearsal_id
limit %(limit)s
