-- The next rows by key, as the backfill copies them; `taken` rows are there already.
INSERT INTO {shadow} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {values} FROM (SELECT * FROM {live} ORDER BY {key} OFFSET {taken} LIMIT {rows}) AS {alias}
