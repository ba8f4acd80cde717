-- Columns of a table: type as written, default as written, and whether it can be told from a value that somebody gave.
SELECT a.attname AS name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS kind,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS preset,
       a.attidentity <> '' OR a.attgenerated <> '' AS fixed,
       a.attgenerated <> '' AS generated,
       a.attnotnull AS not_null
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %(table)s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
