-- Taken over only from oneself (the answer to the first try was lost) or from a claimant that died before sending.
insert into cutover_journal.message as m (run_id, key, claimant)
values (%(run_id)s, %(key)s, %(claimant)s)
on conflict (run_id, key) do update
set claimant = excluded.claimant, claimed_at = clock_timestamp()
where m.sent_at is null
  and (m.claimant = excluded.claimant or m.claimed_at < clock_timestamp() - %(stale_after)s::interval)
returning true as claimed
