-- What the databases take in bytes, how many of them we may not ask for, and whether we may see the WAL.
SELECT coalesce(sum(CASE WHEN may THEN pg_database_size(oid) END), 0)::bigint, count(*) FILTER (WHERE NOT may),
       has_function_privilege('pg_ls_waldir()', 'EXECUTE')
FROM (
    SELECT oid, has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE') AS may
    FROM pg_database
) AS d
