-- Runs that have not ended.
select run_id, migration, strategy, database, dry_run, state,
       extract(epoch from started_at)::float8 as started,
       extract(epoch from swapped_at)::float8 as swapped,
       extract(epoch from window_ends_at)::float8 as window_ends
from cutover_journal.run
where state not in ('rolled_back', 'failed', 'finalized', 'aborted')
order by number
