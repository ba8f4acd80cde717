-- The truth, read from the live table in the snapshot that took the log entries away.
INSERT INTO {follower} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {values} FROM (
    SELECT l.* FROM pg_temp.{keys} AS t JOIN ONLY {live} AS l ON {match}
) AS {alias}
