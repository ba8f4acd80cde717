update cutover_journal.rehearsal
set verdict = %(verdict)s, reasons = %(reasons)s, figures = %(figures)s, ended_at = clock_timestamp()
where rehearsal_id = %(rehearsal_id)s
