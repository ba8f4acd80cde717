-- One side's next heartbeat.
INSERT INTO cutover_sync.heartbeat AS h (number, side, beat, at) VALUES (%s, %s, 1, clock_timestamp())
ON CONFLICT (number, side) DO UPDATE SET beat = h.beat + 1, at = excluded.at
RETURNING beat
