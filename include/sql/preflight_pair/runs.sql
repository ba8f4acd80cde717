-- Runs of this strategy that have left their state here.
SELECT r.run_id, r.number, r.side, r.live, r.phase FROM cutover_sync.run r ORDER BY r.number
