-- Types by oid, through their domains: what COPY's binary format may carry from one cluster to another. It may where the
-- bytes say nothing of oids that differ between clusters: types of the system that name no object, and enums, which
-- send their labels. Everything else goes as text.
WITH RECURSIVE based (oid, base) AS (
    SELECT oid, oid FROM pg_catalog.pg_type WHERE typtype <> 'd'
    UNION ALL
    SELECT t.oid, b.base FROM pg_catalog.pg_type AS t JOIN based AS b ON b.oid = t.typbasetype WHERE t.typtype = 'd'
)
SELECT based.oid, based.base, t.typtype::text AS kind,
       t.typtype = 'e' OR (
           based.base < 10000 AND t.typtype IN ('b', 'r', 'm') AND t.typreceive <> 0 AND t.typsend <> 0
           AND NOT t.typname ~ '^_?reg(class|collation|config|dictionary|namespace|oper|operator|proc|procedure|role|type)$'
           AND (t.typcategory <> 'A' OR t.typelem < 10000)
       ) AS binary
FROM based
JOIN pg_catalog.pg_type AS t ON t.oid = based.base
WHERE based.oid = ANY (%(oids)s::oid[])
