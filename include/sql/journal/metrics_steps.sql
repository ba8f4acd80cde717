-- Of each step of each migration the last time that it was done: how long it took, and how long applications waited.
select distinct on (run.migration, run.strategy, run.dry_run, step.name)
       run.migration, run.strategy, run.dry_run, step.name as step,
       extract(epoch from step.ended_at - step.started_at)::float8 as seconds,
       (step.detail ->> 'pause_ms')::float8 / 1000 as pause, (step.detail ->> 'downtime_s')::float8 as downtime
from cutover_journal.step as step
join cutover_journal.run as run using (run_id)
where step.state = 'done' and step.ended_at is not null
order by run.migration, run.strategy, run.dry_run, step.name, step.ended_at desc
