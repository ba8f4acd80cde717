select *
from cutover_journal.run
where database = %(database)s
  and state not in ('window', 'rolled_back', 'failed', 'finalized', 'aborted')
