-- Only where the fast path found something, in the same snapshot. `seen` may spill to disk, but nothing of it is
-- sent beyond totals, `keep` examples, and `most` keys that were in flight.
WITH seen AS MATERIALIZED (
    SELECT
        CASE WHEN {right_key} IS NULL THEN 'missing_right' WHEN {left_key} IS NULL THEN 'missing_left'
             ELSE 'changed' END AS kind,
        ARRAY[{key_text}] AS key,
        CASE WHEN {one_sided} THEN NULL ELSE ARRAY[{column_differs}]::bool[] END AS differs,
        {key_value}
    FROM {pairs}
    WHERE {one_sided} OR {differ}
),
judged AS MATERIALIZED (
    SELECT seen.*, {in_flight} AS in_flight
    FROM seen {pending}
)
SELECT 'total' AS part, kind, in_flight, count(*) AS rows, NULL::text[] AS key, ARRAY[{column_counts}]::int8[] AS columns
FROM judged GROUP BY kind, in_flight
UNION ALL
(SELECT 'example', kind, false, 1, key, NULL FROM judged WHERE NOT in_flight ORDER BY {names} LIMIT {keep})
UNION ALL
(SELECT 'in_flight', kind, true, 1, key, NULL FROM judged WHERE in_flight ORDER BY {names} LIMIT {most})
