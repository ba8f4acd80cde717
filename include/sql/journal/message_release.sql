delete from cutover_journal.message
where run_id = %(run_id)s and key = %(key)s and sent_at is null
