-- Transactions that have written something and are still open: a new slot waits for them.
SELECT string_agg(
    format('pid %s (%s, %s, transaction open for %s s)', pid, usename,
        coalesce(nullif(application_name, ''), 'no application_name'),
        round(extract(epoch FROM clock_timestamp() - xact_start))), '; ')
FROM (
    SELECT * FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 5
) AS x
