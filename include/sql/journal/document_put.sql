insert into cutover_journal.document (run_id, name, media_type, body)
values (%(run_id)s, %(name)s, %(media_type)s, %(body)s)
on conflict (run_id, name) do update
set media_type = excluded.media_type, body = excluded.body, created_at = clock_timestamp()
