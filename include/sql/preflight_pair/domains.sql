-- Domains with what they demand.
SELECT t.oid::bigint AS oid, format_type(t.oid, NULL) AS type, format_type(t.typbasetype, t.typtypmod) AS base,
       t.typnotnull AS not_null,
       ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
             WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname) AS checks
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'd' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY 2
