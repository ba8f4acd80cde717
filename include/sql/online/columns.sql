SELECT a.attnum, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       -- Without its length or precision: to compare keys, where a cast must not cut anything off.
       format_type(a.atttypid, -1) AS bare_type, a.attnotnull AS not_null,
       a.attidentity::text AS identity, a.attgenerated::text AS generated,
       pg_get_expr(d.adbin, d.adrelid) AS default
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %(table)s::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
