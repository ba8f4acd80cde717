-- One row per wanted name, in the order asked; oid is null where there is no such relation.
-- Nothing here waits for a lock: sizes, which do, are asked for separately.
SELECT w.schema, w.name, c.oid::bigint AS oid, c.relkind::text AS kind, c.relpersistence::text AS persistence,
       coalesce(c.relispartition, false) AS is_partition,
       coalesce(c.reloftype <> 0, false) AS typed,
       coalesce(c.relrowsecurity, false) AS policies_on,
       coalesce(c.relforcerowsecurity, false) AS policies_forced,
       coalesce(c.relreplident::text, '') AS replica_identity,
       greatest(c.reltuples, -1)::bigint AS rows_estimated,
       pg_get_userbyid(c.relowner)::text AS owner,
       coalesce(pg_has_role(c.relowner, 'USAGE'), false) AS owned,
       -- To create objects in the owner's name one must be able to become the owner.
       CASE WHEN c.oid IS NULL THEN false
            WHEN current_setting('server_version_num')::int >= 160000 THEN pg_has_role(c.relowner, 'SET')
            ELSE pg_has_role(c.relowner, 'MEMBER') END AS becomes_owner,
       coalesce(has_table_privilege(c.oid, 'SELECT'), false) AS readable,
       n.oid IS NOT NULL AS schema_exists,
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS schema_usage,
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS schema_create,
       coalesce(has_schema_privilege(c.relowner, n.oid, 'CREATE'), false) AS owner_creates,
       t.spcname::text AS tablespace,
       coalesce(has_tablespace_privilege(t.oid, 'CREATE'), true) AS tablespace_usable,
       (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_extension'::regclass
          AND d.deptype = 'e') AS extension,
       ARRAY(SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) AS parents,
       ARRAY(SELECT i.inhrelid::regclass::text FROM pg_inherits i WHERE i.inhparent = c.oid ORDER BY 1) AS children,
       ARRAY(SELECT u.rulename::text FROM pg_rewrite u
             WHERE u.ev_class = c.oid AND u.rulename <> '_RETURN' ORDER BY u.rulename) AS rules,
       ARRAY(SELECT s.stxname::text FROM pg_statistic_ext s WHERE s.stxrelid = c.oid ORDER BY s.stxname) AS statistics,
       ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid ORDER BY p.polname) AS policies,
       ARRAY(SELECT l.provider FROM pg_seclabel l
             WHERE l.classoid = 'pg_class'::regclass AND l.objoid = c.oid ORDER BY l.provider) AS label_providers,
       ARRAY(SELECT s.subname::text FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid
             WHERE r.srrelid = c.oid ORDER BY s.subname) AS subscriptions
FROM unnest(%(schemas)s::text[], %(names)s::text[]) WITH ORDINALITY AS w (schema, name, place)
LEFT JOIN pg_namespace n ON n.nspname = w.schema
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
ORDER BY w.place
