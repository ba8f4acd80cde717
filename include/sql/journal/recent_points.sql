-- Rollback points of the latest runs that are still kept, the newest first.
with latest as (
    select run_id, title
    from cutover_journal.run
    where (%(strategy)s::text is null or strategy = %(strategy)s) and not dry_run
    order by started_at desc, number desc
    limit %(runs)s
)
select latest.run_id, latest.title, taken.data
from latest
join cutover_journal.event as taken on taken.run_id = latest.run_id
where taken.kind = 'backup' and taken.data ? 'point'
  and not exists (
      select
      from cutover_journal.event as gone
      where gone.run_id = latest.run_id and gone.kind = 'backup_retired'
        and gone.data ->> 'point' = taken.data ->> 'point'
  )
order by taken.at desc
limit %(points)s
