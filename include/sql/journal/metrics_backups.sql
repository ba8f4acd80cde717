-- When the last rollback point of each database was taken.
select data ->> 'database' as database, extract(epoch from max((data ->> 'taken_at')::timestamptz))::float8 as taken
from cutover_journal.event
where kind = 'backup' and data ? 'taken_at'
group by 1
order by 1
