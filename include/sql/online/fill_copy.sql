INSERT INTO {follower} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {values} FROM ONLY {live} AS {alias} WHERE {range}
