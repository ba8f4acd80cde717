-- The columns of these tables. comparable: the server can tell two values apart, as REPLICA IDENTITY FULL asks.
-- sequence: a default that counts, or an identity.
SELECT a.attrelid::bigint AS table_oid, a.attnum::int AS number, a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
       pg_get_expr(d.adbin, d.adrelid) AS "default", nullif(a.attgenerated::text, '') AS generated,
       nullif(a.attidentity::text, '') AS identity,
       CASE WHEN a.attcollation <> ty.typcollation THEN a.attcollation::regcollation::text END AS collation,
       ty.typtype IN ('e', 'r', 'm', 'c') OR ty.typcategory = 'A' OR EXISTS (
           SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod
           WHERE m.amname IN ('btree', 'hash') AND o.opcdefault
             AND (o.opcintype = base.oid OR EXISTS (
                  SELECT FROM pg_cast k
                  WHERE k.castsource = base.oid AND k.casttarget = o.opcintype AND k.castmethod = 'b'
                    AND k.castcontext = 'i'))) AS comparable
FROM pg_attribute a
JOIN pg_type ty ON ty.oid = a.atttypid
JOIN pg_type base ON base.oid = coalesce(nullif(ty.typbasetype, 0), ty.oid)
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (%(tables)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
