-- Rows of {origin} that no row of the other shape is made from: they would be lost.
WITH placed AS MATERIALIZED (
    {traced}
), lost AS MATERIALIZED (
    SELECT left(r::text, 200) AS shown FROM {origin} AS r WHERE NOT EXISTS (SELECT FROM placed AS p WHERE p.place = r.ctid)
)
SELECT (SELECT count(*) FROM lost) AS rows,
       (SELECT coalesce(array_agg(x.shown), '{{}}') FROM (SELECT shown FROM lost LIMIT 5) AS x) AS shown
