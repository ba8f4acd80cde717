-- Rows of {origin} that no row of the other shape is made from: they would be lost.
SELECT count(*) AS rows,
       (SELECT coalesce(array_agg(x.shown), '{{}}') FROM (
            SELECT left(r::text, 200) AS shown FROM {origin} AS r WHERE NOT ({traced}) LIMIT 5) AS x) AS shown
FROM {origin} AS r WHERE NOT ({traced})
