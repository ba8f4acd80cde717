SELECT a.attrelid::bigint AS table_oid, a.attnum AS number, a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
       pg_get_expr(d.adbin, d.adrelid) AS default, a.attidentity::text AS identity, a.attgenerated::text AS generated,
       has_type_privilege(a.atttypid, 'USAGE') AS type_usable,
       CASE WHEN l.collprovider = 'd' OR l.oid IS NULL THEN NULL
            WHEN l.collversion IS DISTINCT FROM pg_collation_actual_version(l.oid) THEN l.collname::text
       END AS stale_collation
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE a.attrelid = ANY (%(tables)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
