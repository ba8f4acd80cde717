insert into cutover_journal.verdict (id, run_id, code, name, object, ok, severity, summary, figures)
values (%(id)s, %(run_id)s, %(code)s, %(name)s, %(object)s, %(ok)s, %(severity)s, %(summary)s, %(figures)s)
on conflict (id) do nothing
