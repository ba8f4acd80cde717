-- Who owns something in which schema, and whether the schema's own privileges let him make something there. A dump hands
-- objects to their owners before it gives the privileges, and that takes CREATE.
WITH owned (schema, owner, kind) AS (
    SELECT relnamespace, relowner, 'pg_class'::regclass::oid || '.' || oid
    FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL SELECT pronamespace, proowner, 'pg_proc'::regclass::oid || '.' || oid FROM pg_catalog.pg_proc
    UNION ALL SELECT typnamespace, typowner, 'pg_type'::regclass::oid || '.' || oid FROM pg_catalog.pg_type WHERE typrelid = 0
    UNION ALL SELECT oprnamespace, oprowner, 'pg_operator'::regclass::oid || '.' || oid FROM pg_catalog.pg_operator
    UNION ALL SELECT opcnamespace, opcowner, 'pg_opclass'::regclass::oid || '.' || oid FROM pg_catalog.pg_opclass
    UNION ALL SELECT opfnamespace, opfowner, 'pg_opfamily'::regclass::oid || '.' || oid FROM pg_catalog.pg_opfamily
    UNION ALL SELECT collnamespace, collowner, 'pg_collation'::regclass::oid || '.' || oid FROM pg_catalog.pg_collation
    UNION ALL SELECT stxnamespace, stxowner, 'pg_statistic_ext'::regclass::oid || '.' || oid FROM pg_catalog.pg_statistic_ext
    UNION ALL SELECT cfgnamespace, cfgowner, 'pg_ts_config'::regclass::oid || '.' || oid FROM pg_catalog.pg_ts_config
    UNION ALL SELECT dictnamespace, dictowner, 'pg_ts_dict'::regclass::oid || '.' || oid FROM pg_catalog.pg_ts_dict
)
SELECT DISTINCT n.nspname::text AS schema, pg_get_userbyid(o.owner)::text AS owner,
       EXISTS (SELECT FROM aclexplode(n.nspacl) AS a WHERE a.grantee = o.owner AND a.privilege_type = 'CREATE') AS granted
FROM owned AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.schema
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_'
    AND o.owner <> n.nspowner
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.deptype = 'e' AND d.classid || '.' || d.objid = o.kind)
UNION ALL
-- The same of schemas in the database: no schema is named.
SELECT DISTINCT NULL, pg_get_userbyid(n.nspowner)::text,
       EXISTS (SELECT FROM aclexplode(b.datacl) AS a WHERE a.grantee = n.nspowner AND a.privilege_type = 'CREATE')
FROM pg_catalog.pg_namespace AS n, pg_catalog.pg_database AS b
WHERE b.datname = current_database() AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync')
    AND n.nspname !~ '^pg_' AND n.nspowner <> b.datdba AND pg_get_userbyid(n.nspowner) <> 'pg_database_owner'
ORDER BY 1 NULLS FIRST, 2
