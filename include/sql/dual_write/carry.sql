SELECT setval({sequence}, {greatest}(r.reached, CASE WHEN s.is_called THEN s.last_value END), true)
FROM (SELECT {last}({column}) AS reached FROM {table}) AS r, {relation} AS s
WHERE r.reached IS NOT NULL
