SELECT t.tgname AS name, pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS enabled,
       obj_description(t.oid, 'pg_trigger') AS comment
FROM pg_trigger t
WHERE t.tgrelid = %(table)s::oid AND NOT t.tgisinternal AND t.tgname NOT LIKE 'cutover\_capture\_%%'
ORDER BY t.tgname
