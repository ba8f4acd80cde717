WITH taken AS (
    DELETE FROM {log} WHERE ctid = {entry}::tid RETURNING {ks}
), known AS (
    DELETE FROM {stuck} WHERE ({ks}) IN (SELECT {texts} FROM taken)
)
INSERT INTO {stuck} ({ks}, error) SELECT {texts}, {error} FROM taken
