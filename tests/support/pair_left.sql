-- Everything that a run creates, on one side.
SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'cutover%'
UNION ALL SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE tgname LIKE 'cutover%'
UNION ALL SELECT 'publication ' || pubname FROM pg_publication WHERE pubname LIKE 'cutover%'
UNION ALL SELECT 'subscription ' || subname FROM pg_subscription WHERE subname LIKE 'cutover%'
    AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots
    WHERE slot_name LIKE 'cutover%' AND database = current_database()
UNION ALL SELECT 'origin ' || roname FROM pg_replication_origin WHERE roname LIKE 'cutover%'
UNION ALL SELECT 'database ' || datname FROM pg_database WHERE datname LIKE 'cutover\_%\_design'
UNION ALL SELECT 'identity full of ' || c.oid::regclass FROM pg_class c WHERE relreplident = 'f'
    AND relkind IN ('r', 'p') AND obj_description(c.oid, 'pg_class') IS DISTINCT FROM 'always full'
UNION ALL SELECT 'advisory lock by ' || pid FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts WHERE database = current_database()
