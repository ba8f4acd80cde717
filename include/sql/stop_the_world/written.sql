-- How many rows were ever written to each table, as the server counts them, and which file its rows are in: TRUNCATE counts
-- no rows, but gives the table a new file.
SELECT format('%I.%I', schemaname, relname) AS label, n_tup_ins + n_tup_upd + n_tup_del AS rows,
    pg_relation_filenode(relid) AS file
FROM pg_catalog.pg_stat_user_tables
WHERE schemaname <> 'cutover_sync'
