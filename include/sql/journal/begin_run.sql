-- No conflict target: neither the run's id nor the "one active run per database" index may be violated.
insert into cutover_journal.run
    (run_id, migration, strategy, title, database, dag_id, dag_run_id, triggered_by, dry_run, rehearsal_of, spec)
values
    (%(run_id)s, %(migration)s, %(strategy)s, %(title)s, %(database)s, %(dag_id)s, %(dag_run_id)s, %(triggered_by)s,
     %(dry_run)s, %(rehearsal_of)s, %(spec)s)
on conflict do nothing
returning *
