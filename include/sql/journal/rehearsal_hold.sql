insert into cutover_journal.rehearsal_hold (place, rehearsal_id)
select place, %(rehearsal_id)s from unnest(%(places)s::text[]) as place
on conflict (place) do nothing
