WITH again AS (DELETE FROM {stuck} RETURNING {ks})
INSERT INTO {log} ({ks}) SELECT DISTINCT {casts} FROM again
