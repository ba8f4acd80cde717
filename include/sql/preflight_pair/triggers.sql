-- Triggers that fire where changes are applied, too (A: always, R: there only); not ours.
SELECT c.oid::bigint AS table_oid, n.nspname::text AS schema, c.relname::text AS "table", t.tgname::text AS name,
       t.tgenabled::text AS enabled, t.tgfoid::regproc::text AS function
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled IN ('A', 'R') AND t.tgparentid = 0
  AND t.tgname !~ '^cutover_(fence|fill)_[0-9]+$' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY n.nspname, c.relname, t.tgname
