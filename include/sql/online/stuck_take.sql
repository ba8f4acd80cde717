WITH taken AS (
    DELETE FROM {log} WHERE ctid = ANY ({entries}::tid[]) RETURNING {ks}
)
INSERT INTO pg_temp.{keys} ({ks}) SELECT DISTINCT {ks} FROM taken
