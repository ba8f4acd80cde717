insert into cutover_journal.progress as p (run_id, step, item, done, total, rate, eta_seconds, note)
values (%(run_id)s, %(step)s, %(item)s, %(done)s, %(total)s, %(rate)s, %(eta_seconds)s, %(note)s)
on conflict (run_id, step, item) do update
set done = excluded.done,
    total = excluded.total,
    rate = excluded.rate,
    eta_seconds = excluded.eta_seconds,
    note = excluded.note,
    updated_at = clock_timestamp()
