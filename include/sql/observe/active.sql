-- Queries that run in this database, the longest first: seconds (NULL: we may not see it), pid, who.
SELECT extract(epoch FROM clock_timestamp() - query_start)::float8, pid,
       concat_ws(' ', usename, nullif(application_name, ''))
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND starts_with(application_name, 'cutover') IS NOT TRUE
    AND (state = 'active' AND backend_type = 'client backend' OR state IS NULL AND backend_type IS NULL)
ORDER BY 1 DESC NULLS LAST
