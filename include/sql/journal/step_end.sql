update cutover_journal.step
set state = %(state)s, ended_at = clock_timestamp(), error = %(error)s, detail = %(detail)s
where id = %(id)s
