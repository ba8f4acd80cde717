-- What runs make under a name with their number; number tells whose it is.
SELECT 'subscription' AS kind, s.subname::text AS name, NULL::text AS on_table,
       (regexp_match(s.subname, '^cutover_([0-9]+)_'))[1]::bigint AS number
FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database() AND s.subname ~ '^cutover_[0-9]+_(blue|green)$'
UNION ALL
SELECT 'publication', p.pubname::text, NULL, (regexp_match(p.pubname, '^cutover_([0-9]+)_'))[1]::bigint
FROM pg_publication p WHERE p.pubname ~ '^cutover_[0-9]+_(blue|green)$'
UNION ALL
SELECT 'slot', s.slot_name::text, NULL, (regexp_match(s.slot_name, '^cutover_([0-9]+)_'))[1]::bigint
FROM pg_replication_slots s WHERE s.slot_name ~ '^cutover_[0-9]+_(blue|green)$' AND s.database = current_database()
UNION ALL
SELECT 'trigger', t.tgname::text, format('%%I.%%I', n.nspname, c.relname),
       (regexp_match(t.tgname, '^cutover_(?:fence|fill)_([0-9]+)$'))[1]::bigint
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgname ~ '^cutover_(fence|fill)_[0-9]+$'
UNION ALL
SELECT 'database', d.datname::text, NULL, (regexp_match(d.datname, '^cutover_([0-9]+)_design$'))[1]::bigint
FROM pg_database d WHERE d.datname ~ '^cutover_[0-9]+_design$'
ORDER BY 1, 2, 3
