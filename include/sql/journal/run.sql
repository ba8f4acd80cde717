select * from cutover_journal.run where run_id = %(run_id)s
