-- What people were asked: looked through every minute, for questions that have been overtaken.
create index event_of_questions on cutover_journal.event (run_id, position)
    where kind in ('approval_asked', 'approval', 'approval_withdrawn');
