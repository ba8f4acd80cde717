-- Everything whose name carries the number of a run: kind, name, number.
SELECT kind, name, number::bigint FROM (
    SELECT 'schema' AS kind, nspname::text AS name, substring(nspname FROM '^cutover_(?:new|old)_(\d+)_') AS number
    FROM pg_namespace
    UNION ALL
    SELECT 'trigger', format('%s on %s', tgname, tgrelid::regclass),
           coalesce(substring(tgname FROM '^~cutover_(\d+)$'), substring(tgname FROM '^cutover_(?:dual|fence)_(\d+)'))
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'publication', pubname::text, substring(pubname FROM '^cutover_(\d+)_') FROM pg_publication
    UNION ALL
    SELECT 'subscription', subname::text, substring(subname FROM '^cutover_(\d+)_') FROM pg_stat_subscription
    UNION ALL
    SELECT 'replication slot', slot_name::text, substring(slot_name FROM '^cutover_(\d+)_') FROM pg_replication_slots
    WHERE database = current_database()
) AS found
WHERE number IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY 1, 2
