-- As drain_put, with the values that only the follower has: what it had, or the default for a row that is new to it.
INSERT INTO {follower} ({columns}{kept_columns}) OVERRIDING SYSTEM VALUE
SELECT {outputs}{kept_values} FROM (
    SELECT {ks_of_row}{named_values} FROM (
        SELECT l.* FROM pg_temp.{keys} AS t JOIN ONLY {live} AS l ON {match}
    ) AS {alias}
) AS r LEFT JOIN pg_temp.{stash} AS s ON {stash_match}
