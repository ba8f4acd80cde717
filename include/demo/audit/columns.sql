SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind = 'r'
GROUP BY c.relname ORDER BY c.relname
