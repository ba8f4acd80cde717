insert into cutover_journal.event (id, run_id, kind, text, actor, data)
values (%(id)s, %(run_id)s, %(kind)s, %(text)s, %(actor)s, %(data)s)
on conflict (id) do nothing
