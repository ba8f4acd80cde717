-- How many rows each dump has sent of the table that it is at.
SELECT p.relid, max(p.tuples_processed) AS rows
FROM pg_catalog.pg_stat_progress_copy AS p
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = p.pid
WHERE p.datname = current_database() AND a.application_name = %(application)s
GROUP BY p.relid
