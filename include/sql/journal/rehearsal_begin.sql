insert into cutover_journal.rehearsal (rehearsal_id, night, migration, strategy, title, dag_run_id, spec, places)
values (%(rehearsal_id)s, %(night)s, %(migration)s, %(strategy)s, %(title)s, %(dag_run_id)s, %(spec)s, %(places)s)
on conflict (rehearsal_id) do nothing
