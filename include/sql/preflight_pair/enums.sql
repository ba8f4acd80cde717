-- Enum types and their values, by the name that columns show.
SELECT t.oid::bigint AS oid, format_type(t.oid, NULL) AS type,
       array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS labels
FROM pg_type t
JOIN pg_enum e ON e.enumtypid = t.oid
GROUP BY t.oid
ORDER BY 2
