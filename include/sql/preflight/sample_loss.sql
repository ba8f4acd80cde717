SELECT ARRAY[{key_texts}] AS key, s.{column}::text AS before, b.{column}::text AS after
FROM {sample} AS s JOIN {back} AS b ON {match}
WHERE s.{column}::text IS DISTINCT FROM b.{column}::text
ORDER BY s.cutover_n
LIMIT 1
