-- How many runs of each migration there are in each state, and how many of them have ever cut over.
select migration, strategy, dry_run, state, count(*) as runs, count(swapped_at) as swapped
from cutover_journal.run
group by migration, strategy, dry_run, state
order by migration, strategy, dry_run, state
