insert into cutover_journal.sample (id, run_id, series, data)
values (%(id)s, %(run_id)s, %(series)s, %(data)s)
on conflict (id) do nothing
