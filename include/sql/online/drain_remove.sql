-- Whatever the follower has for these keys goes; values that only the follower has are kept for the row's return.
WITH gone AS (
    DELETE FROM {follower} AS f USING pg_temp.{keys} AS t WHERE {match} RETURNING {stash_ks}{kept}
)
INSERT INTO pg_temp.{stash} ({ks}{stash_columns}) SELECT * FROM gone
