DELETE FROM {follower} AS f USING pg_temp.{keys} AS t WHERE {match}
