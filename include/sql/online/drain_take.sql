-- Take a stretch of the log away; its keys, each once, are what this transaction rewrites.
WITH taken AS (
    DELETE FROM {log} WHERE ctid >= {lower} AND ctid < {upper} RETURNING {ks}
)
INSERT INTO pg_temp.{keys} ({ks}) SELECT DISTINCT {ks} FROM taken
