-- Whether any run has a table of its own in this schema.
SELECT FROM pg_class
WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r' AND relname NOT IN ('run', 'foreign_key') LIMIT 1
