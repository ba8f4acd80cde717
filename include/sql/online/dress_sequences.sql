-- The shadow's own identity sequences get the names, grants and comments of the originals'.
WITH pairs AS (
    SELECT o.relname AS original_name, o.relacl, o.relowner, o.oid AS original, n.relname AS shadow_name, ns.nspname AS shadow_schema
    FROM pg_attribute a
    JOIN pg_attribute b ON b.attrelid = %(shadow)s::oid AND b.attname = a.attname AND b.attidentity <> ''
    JOIN pg_class o ON o.oid = pg_get_serial_sequence(%(original)s::oid::regclass::text, a.attname)::regclass
    JOIN pg_class n ON n.oid = pg_get_serial_sequence(%(shadow)s::oid::regclass::text, b.attname)::regclass
    JOIN pg_namespace ns ON ns.oid = n.relnamespace
    WHERE a.attrelid = %(original)s::oid AND a.attidentity <> '' AND NOT a.attisdropped
), statements (place, statement) AS (
    SELECT 1, format('ALTER SEQUENCE %%I.%%I RENAME TO %%I', shadow_schema, shadow_name, original_name)
    FROM pairs WHERE shadow_name <> original_name
    UNION ALL
    SELECT 2, format('COMMENT ON SEQUENCE %%I.%%I IS %%L', shadow_schema, original_name, obj_description(original, 'pg_class'))
    FROM pairs WHERE obj_description(original, 'pg_class') IS NOT NULL
    UNION ALL
    SELECT 3, format('GRANT %%s ON SEQUENCE %%I.%%I TO %%s%%s', x.privilege_type, shadow_schema, original_name,
                     CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                     CASE WHEN x.is_grantable AND x.grantee <> relowner THEN ' WITH GRANT OPTION' END)
    FROM pairs, aclexplode(relacl) x
)
SELECT statement FROM statements ORDER BY place, statement
