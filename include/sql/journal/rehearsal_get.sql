select * from cutover_journal.rehearsal where rehearsal_id = %(rehearsal_id)s
