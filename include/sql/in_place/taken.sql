-- Names that a migration wants to give, and that something has already.
SELECT 'column', attname::text FROM pg_catalog.pg_attribute
WHERE attrelid = %(table)s AND NOT attisdropped AND attname = ANY (%(columns)s::text[])
UNION ALL
SELECT 'relation', c.relname::text FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = ANY (%(relations)s::text[])
UNION ALL
SELECT 'constraint', conname::text FROM pg_catalog.pg_constraint
WHERE conrelid = %(table)s AND conname = ANY (%(constraints)s::text[])
