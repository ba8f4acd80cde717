-- Clients' sessions in this database, our own left out.
SELECT count(*) FILTER (WHERE application_name NOT LIKE 'cutover%')
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
