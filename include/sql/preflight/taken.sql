-- Tables that a run of the online strategy holds, its rollback window included.
SELECT t.schema_name AS schema, t.table_name AS name, t.run_id, t.phase, t.live, r.number
FROM cutover.online_table t JOIN cutover.online_run r USING (run_id)
ORDER BY 1, 2
