-- Asked of the catalogs themselves: to_regclass() may answer from a cache that a wait for a lock does not refresh.
select exists (select from pg_namespace where nspname = 'cutover_journal') as has_schema,
       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where n.nspname = 'cutover_journal' and c.relname = 'schema_version') as has_version
