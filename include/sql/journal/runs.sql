select *
from cutover_journal.run
where (%(strategy)s::text is null or strategy = %(strategy)s)
  and (%(migration)s::text is null or migration = %(migration)s)
  and (%(states)s::text[] is null or state = any(%(states)s))
  and (%(dry_run)s::boolean is null or dry_run = %(dry_run)s)
order by started_at desc, number desc
limit %(limit)s
