SELECT (ROW({key}))::text, count(*) FROM {relation} AS t GROUP BY {key} HAVING count(*) > 1 LIMIT 1
