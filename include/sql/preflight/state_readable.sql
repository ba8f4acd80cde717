-- Whether this role may read the engine's own state; no row where there is none.
SELECT coalesce(
    has_schema_privilege('cutover', 'USAGE')
    AND has_table_privilege(to_regclass('cutover.online_table'), 'SELECT')
    AND has_table_privilege(to_regclass('cutover.online_run'), 'SELECT'), false)
FROM pg_namespace WHERE nspname = 'cutover'
