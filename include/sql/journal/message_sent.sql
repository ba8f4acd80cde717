insert into cutover_journal.message as m (run_id, key, claimant, channel, ts, sent_at)
values (%(run_id)s, %(key)s, %(claimant)s, %(channel)s, %(ts)s, clock_timestamp())
on conflict (run_id, key) do update
set channel = excluded.channel, ts = excluded.ts, sent_at = coalesce(m.sent_at, excluded.sent_at)
