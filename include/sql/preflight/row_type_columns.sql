-- Columns elsewhere whose type is the table's row type, an array of it or a domain over it.
WITH RECURSIVE row_type (table_oid, oid) AS (
    SELECT t.oid, y.oid FROM pg_class t JOIN pg_type y ON y.typrelid = t.oid WHERE t.oid = ANY (%(tables)s::oid[])
    UNION
    SELECT r.table_oid, y.oid FROM row_type r JOIN pg_type y ON y.typbasetype = r.oid OR y.typelem = r.oid
)
SELECT r.table_oid::bigint AS table_oid, n.nspname::text AS schema, c.relname::text AS relation, c.relkind::text AS kind,
       a.attname::text AS column, format_type(a.atttypid, a.atttypmod) AS type
FROM row_type r
JOIN pg_attribute a ON a.atttypid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind <> 'i'
JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 2, 3, 5
