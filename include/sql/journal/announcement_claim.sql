-- Taken over only from oneself (the answer to the first try was lost) or from a claimant that has not come back.
insert into cutover_journal.announcement as a
    (migration, occasion, audience, key, moment, run_id, window_start, claimant)
values
    (%(migration)s, %(occasion)s, %(audience)s, %(key)s, %(moment)s, %(run_id)s, %(window_start)s, %(claimant)s)
on conflict (migration, occasion, audience, key) do update
set claimant = excluded.claimant, claimed_at = clock_timestamp()
where a.sent_at is null
  and (a.claimant = excluded.claimant or a.claimed_at < clock_timestamp() - %(stale_after)s::interval)
returning claimant, sending_at as doubtful_since
