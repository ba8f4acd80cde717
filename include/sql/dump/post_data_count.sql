-- How many indexes and foreign keys there are: what takes its time after the rows.
SELECT (SELECT count(*)
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_')
    + (SELECT count(*) FROM pg_catalog.pg_constraint WHERE contype = 'f')
