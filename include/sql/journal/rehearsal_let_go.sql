delete from cutover_journal.rehearsal_hold where rehearsal_id = %(rehearsal_id)s
