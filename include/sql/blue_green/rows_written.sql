-- Rows written since the server's start, rows that were applied included.
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_catalog.pg_stat_user_tables
WHERE schemaname <> 'cutover_sync'
