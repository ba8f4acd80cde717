-- Triggers for UPDATE of the table's own, which fire for ordinary sessions only.
SELECT tgname::text FROM pg_catalog.pg_trigger
WHERE tgrelid = %(table)s AND NOT tgisinternal AND tgenabled = 'O' AND tgtype & 16 <> 0
ORDER BY 1
