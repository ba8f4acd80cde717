-- Who is connected to a database.
SELECT concat(usename, ' (' || nullif(application_name, '') || ')', ', ', coalesce(state, backend_type))
FROM pg_stat_activity WHERE datname = %s ORDER BY backend_start LIMIT 5
