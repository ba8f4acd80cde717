select * from cutover_journal.run where rehearsal_of = %(rehearsal_id)s order by number
