-- Every table: the file that its rows are in, and what the session's own transaction has written to it so far.
SELECT format('%I.%I', n.nspname, c.relname) AS label, c.oid::bigint AS table_oid,
    coalesce(pg_relation_filenode(c.oid), 0)::bigint AS file,
    coalesce(pg_stat_get_xact_tuples_inserted(c.oid), 0) AS inserted,
    coalesce(pg_stat_get_xact_tuples_updated(c.oid), 0) AS updated,
    coalesce(pg_stat_get_xact_tuples_deleted(c.oid), 0) AS deleted
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY 1
