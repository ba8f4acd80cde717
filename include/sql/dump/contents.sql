-- What somebody has made in this database and a fresh one has not, each with the statement that drops it; in an order in
-- which they can be dropped. Members of extensions go with these; our own state is left out.
WITH members AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
),
found (place, kind, name, statement) AS (
    SELECT 1, 'event trigger', quote_ident(evtname), format('DROP EVENT TRIGGER IF EXISTS %%I', evtname)
    FROM pg_catalog.pg_event_trigger
    WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_event_trigger'::regclass AND objid = pg_event_trigger.oid)

    UNION ALL
    SELECT 2, 'publication', quote_ident(pubname), format('DROP PUBLICATION IF EXISTS %%I', pubname)
    FROM pg_catalog.pg_publication

    UNION ALL
    SELECT 3, 'subscription', quote_ident(subname), NULL
    FROM pg_catalog.pg_subscription
    WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())

    UNION ALL
    SELECT 4, 'schema', quote_ident(nspname), format('DROP SCHEMA IF EXISTS %%I CASCADE', nspname)
    FROM pg_catalog.pg_namespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'public', 'cutover_sync') AND nspname !~ '^pg_'
        AND NOT EXISTS (SELECT FROM members WHERE classid = 'pg_namespace'::regclass AND objid = pg_namespace.oid)

    UNION ALL
    -- Everything that lies in public, of whatever kind.
    SELECT CASE WHEN o.type IN ('view', 'materialized view') THEN 5 WHEN o.type LIKE '%%table' THEN 6 ELSE 7 END,
        o.type, o.identity,
        format('DROP %%s IF EXISTS %%s CASCADE',
            CASE o.type WHEN 'composite type' THEN 'type' WHEN 'statistics object' THEN 'statistics' ELSE o.type END,
            o.identity)
    FROM pg_catalog.pg_depend AS d, LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) AS o
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = to_regnamespace('public') AND d.deptype = 'n'
        AND d.objsubid = 0 AND d.classid <> 'pg_default_acl'::regclass AND o.type <> 'extension' AND o.type <> 'index'
        AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = d.classid AND m.objid = d.objid)

    UNION ALL
    SELECT 8, 'cast', format('%%s to %%s', castsource::regtype, casttarget::regtype),
        format('DROP CAST IF EXISTS (%%s AS %%s)', castsource::regtype, casttarget::regtype)
    FROM pg_catalog.pg_cast
    WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM members WHERE classid = 'pg_cast'::regclass AND objid = pg_cast.oid)

    UNION ALL
    SELECT 9, 'foreign server', quote_ident(srvname), format('DROP SERVER IF EXISTS %%I CASCADE', srvname)
    FROM pg_catalog.pg_foreign_server
    WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_foreign_server'::regclass AND objid = pg_foreign_server.oid)

    UNION ALL
    SELECT 10, 'foreign-data wrapper', quote_ident(fdwname), format('DROP FOREIGN DATA WRAPPER IF EXISTS %%I CASCADE', fdwname)
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_foreign_data_wrapper'::regclass AND objid = w.oid)

    UNION ALL
    SELECT 11, 'large object', oid::text, format('SELECT pg_catalog.lo_unlink(%%s)', oid)
    FROM pg_catalog.pg_largeobject_metadata

    UNION ALL
    -- No reason to call a database filled, but taken away again where the run has made them.
    SELECT 12, 'extension', quote_ident(extname), format('DROP EXTENSION IF EXISTS %%I CASCADE', extname)
    FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' AND NOT extname::text = ANY (%(extensions)s)
)
SELECT kind, name, statement FROM found ORDER BY place, name
