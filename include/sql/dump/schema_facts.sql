-- A database's schema as facts: (kind, name, fact), one for everything that a dump of the schema carries. Two databases
-- of one server have the same schema where the facts are the same. Left out: the system's objects, members of
-- extensions (the extension itself and its version are facts), and what runs of ours put there.
--
-- Privileges are spelled out, since a missing list and the default one mean the same; positions count columns that are
-- there, since a dump leaves no gaps.
WITH members AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
schemas AS MATERIALIZED (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl
    FROM pg_namespace AS n
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname !~ '^cutover_sync$'
),
relations AS MATERIALIZED (
    SELECT c.*, n.nspname, format('%I.%I', n.nspname, c.relname) AS label
    FROM pg_class AS c
    JOIN schemas AS n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't'
        AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
),
tables AS MATERIALIZED (
    SELECT * FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
),
facts (kind, name, fact) AS (
    SELECT 'schema', quote_ident(nspname), format('owner %I%s', pg_get_userbyid(nspowner), comments.text)
    FROM schemas,
        LATERAL (SELECT coalesce(' comment ' || quote_literal(obj_description(oid, 'pg_namespace')), '')) AS comments (text)

    UNION ALL
    SELECT 'extension', quote_ident(extname), format('%s in %I', extversion, extnamespace::regnamespace)
    FROM pg_extension

    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END,
        label,
        concat_ws(' ',
            'owner', quote_ident(pg_get_userbyid(relowner)),
            CASE relkind WHEN 'p' THEN 'partitioned by ' || pg_get_partkeydef(oid) END,
            CASE WHEN relispartition THEN 'partition ' || pg_get_expr(relpartbound, oid) END,
            (SELECT 'of ' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
             FROM pg_inherits AS i WHERE i.inhrelid = relations.oid),
            CASE relpersistence WHEN 'u' THEN 'unlogged' END,
            CASE WHEN relrowsecurity THEN 'row level security' END,
            CASE WHEN relforcerowsecurity THEN 'forced' END,
            CASE WHEN reloptions IS NOT NULL THEN 'with ' || reloptions::text END,
            CASE WHEN reloftype <> 0 THEN 'of type ' || reloftype::regtype END,
            (SELECT 'tablespace ' || quote_ident(spcname) FROM pg_tablespace WHERE pg_tablespace.oid = reltablespace),
            (SELECT 'using ' || quote_ident(amname) FROM pg_am WHERE pg_am.oid = relam AND amname <> 'heap'),
            CASE WHEN relkind IN ('v', 'm') THEN 'as ' || pg_get_viewdef(oid) END,
            'comment ' || quote_literal(obj_description(oid, 'pg_class')))
    FROM relations
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f')

    UNION ALL
    SELECT 'column', t.label || '.' || quote_ident(a.attname),
        concat_ws(' ',
            'number', row_number() OVER (PARTITION BY t.oid ORDER BY a.attnum),
            format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN 'not null' END,
            CASE a.attgenerated WHEN '' THEN 'default ' ELSE 'generated ' || a.attgenerated::text || ' ' END
                || pg_get_expr(d.adbin, d.adrelid),
            CASE WHEN a.attidentity <> '' THEN 'identity ' || a.attidentity::text END,
            CASE WHEN a.attcollation <> t.typcollation THEN 'collate ' || a.attcollation::regcollation END,
            CASE WHEN a.attstorage <> t.typstorage THEN 'storage ' || a.attstorage::text END,
            CASE WHEN a.attcompression <> '' THEN 'compression ' || a.attcompression::text END,
            -- NULL from PostgreSQL 17 on, -1 before, where nothing was set.
            'statistics ' || nullif(a.attstattarget, -1),
            'options ' || a.attoptions::text, 'fdw options ' || a.attfdwoptions::text,
            CASE WHEN NOT a.attislocal THEN 'inherited' END,
            'comment ' || quote_literal(col_description(a.attrelid, a.attnum)))
    FROM (SELECT r.oid, r.label, c.oid AS type, c.typcollation, c.typstorage, a2.attnum
          FROM tables AS r JOIN pg_attribute AS a2 ON a2.attrelid = r.oid JOIN pg_type AS c ON c.oid = a2.atttypid) AS t
    JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = t.attnum
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped

    UNION ALL
    SELECT 'constraint', format('%s on %s', quote_ident(c.conname), coalesce(t.label, y.oid::regtype::text)),
        concat_ws(' ', pg_get_constraintdef(c.oid),
            CASE WHEN NOT c.conislocal THEN 'inherited' END,
            'comment ' || quote_literal(obj_description(c.oid, 'pg_constraint')))
    FROM pg_constraint AS c
    JOIN schemas AS n ON n.oid = c.connamespace
    LEFT JOIN tables AS t ON t.oid = c.conrelid
    LEFT JOIN pg_type AS y ON y.oid = c.contypid
    WHERE c.contype <> 't' AND (t.oid IS NOT NULL OR c.conrelid = 0)

    UNION ALL
    SELECT 'index', i.label,
        concat_ws(' ', pg_get_indexdef(i.oid),
            CASE WHEN x.indisclustered THEN 'clustered' END,
            (SELECT 'tablespace ' || quote_ident(spcname) FROM pg_tablespace WHERE pg_tablespace.oid = i.reltablespace),
            (SELECT 'statistics ' || string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum)
             FROM pg_attribute AS a WHERE a.attrelid = i.oid AND nullif(a.attstattarget, -1) IS NOT NULL),
            'comment ' || quote_literal(obj_description(i.oid, 'pg_class')),
            CASE WHEN NOT x.indisvalid OR NOT x.indisready THEN 'INVALID' END)
    FROM pg_index AS x
    JOIN relations AS i ON i.oid = x.indexrelid
    JOIN tables AS t ON t.oid = x.indrelid

    UNION ALL
    SELECT 'sequence', r.label,
        concat_ws(' ',
            'owner', quote_ident(pg_get_userbyid(r.relowner)), format_type(s.seqtypid, NULL),
            format('start %s by %s from %s to %s cache %s', s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache),
            CASE WHEN s.seqcycle THEN 'cycle' END, CASE r.relpersistence WHEN 'u' THEN 'unlogged' END,
            (SELECT format('%s %s.%I', CASE d.deptype WHEN 'i' THEN 'identity of' ELSE 'owned by' END, o.label, a.attname)
             FROM pg_depend AS d
             JOIN tables AS o ON o.oid = d.refobjid
             JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
                AND d.deptype IN ('a', 'i') LIMIT 1),
            'comment ' || quote_literal(obj_description(r.oid, 'pg_class')))
    FROM relations AS r
    JOIN pg_sequence AS s ON s.seqrelid = r.oid

    UNION ALL
    SELECT 'trigger', format('%I on %s', g.tgname, t.label),
        concat_ws(' ', pg_get_triggerdef(g.oid), CASE g.tgenabled WHEN 'O' THEN NULL ELSE 'enabled ' || g.tgenabled::text END,
            'comment ' || quote_literal(obj_description(g.oid, 'pg_trigger')))
    FROM pg_trigger AS g
    JOIN tables AS t ON t.oid = g.tgrelid
    WHERE NOT g.tgisinternal AND g.tgname !~ '^cutover_(fence|fill)_[0-9]+$'

    UNION ALL
    SELECT 'rule', format('%I on %s', r.rulename, t.label),
        concat_ws(' ', pg_get_ruledef(r.oid), CASE r.ev_enabled WHEN 'O' THEN NULL ELSE 'enabled ' || r.ev_enabled::text END)
    FROM pg_rewrite AS r
    JOIN tables AS t ON t.oid = r.ev_class
    WHERE r.rulename <> '_RETURN'

    UNION ALL
    SELECT 'policy', format('%I on %s', p.polname, t.label),
        concat_ws(' ', 'for', p.polcmd, CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'to',
            (SELECT string_agg(CASE o WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(o)) END, ', '
                ORDER BY CASE o WHEN 0 THEN '' ELSE pg_get_userbyid(o) END) FROM unnest(p.polroles) AS o),
            'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid),
            'comment ' || quote_literal(obj_description(p.oid, 'pg_policy')))
    FROM pg_policy AS p
    JOIN tables AS t ON t.oid = p.polrelid

    UNION ALL
    SELECT 'statistics', format('%I.%I', n.nspname, s.stxname),
        concat_ws(' ', 'owner', quote_ident(pg_get_userbyid(s.stxowner)), pg_get_statisticsobjdef(s.oid),
            'target ' || nullif(s.stxstattarget, -1), 'comment ' || quote_literal(obj_description(s.oid, 'pg_statistic_ext')))
    FROM pg_statistic_ext AS s
    JOIN schemas AS n ON n.oid = s.stxnamespace

    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
        format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
        concat_ws(' ', 'owner', quote_ident(pg_get_userbyid(p.proowner)),
            CASE p.prokind WHEN 'a' THEN
                format('%s returns %s by %s', pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
                    (SELECT (to_jsonb(g) - 'aggfnoid')::text
                     FROM (SELECT a.aggfnoid, a.aggkind, a.aggtransfn::text, a.aggfinalfn::text, a.aggcombinefn::text,
                               a.aggsortop::regoper::text, a.aggtranstype::regtype::text, a.agginitval
                           FROM pg_aggregate AS a WHERE a.aggfnoid = p.oid) AS g))
                ELSE pg_get_functiondef(p.oid) END,
            'comment ' || quote_literal(obj_description(p.oid, 'pg_proc')))
    FROM pg_proc AS p
    JOIN schemas AS n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)

    UNION ALL
    SELECT 'type', t.oid::regtype::text,
        concat_ws(' ', 'owner', quote_ident(pg_get_userbyid(t.typowner)),
            CASE t.typtype WHEN 'c' THEN 'composite' WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum' WHEN 'r' THEN 'range'
                WHEN 'm' THEN 'multirange' ELSE 'base' END,
            (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid),
            (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
             FROM pg_attribute AS a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
            CASE WHEN t.typtype = 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
                CASE WHEN t.typnotnull THEN 'not null' END, 'default ' || t.typdefault,
                'collate ' || nullif(t.typcollation, 0)::regcollation) END,
            (SELECT 'of ' || g.rngsubtype::regtype FROM pg_range AS g WHERE g.rngtypid = t.oid),
            'comment ' || quote_literal(obj_description(t.oid, 'pg_type')))
    FROM pg_type AS t
    JOIN schemas AS n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r', 'm', 'b', 'c') AND t.typcategory <> 'A'
        AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
        AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)

    UNION ALL
    SELECT 'event trigger', quote_ident(e.evtname),
        concat_ws(' ', 'owner', quote_ident(pg_get_userbyid(e.evtowner)), e.evtevent, e.evtfoid::regproc, 'enabled', e.evtenabled, e.evttags::text)
    FROM pg_event_trigger AS e

    UNION ALL
    SELECT 'server', quote_ident(s.srvname),
        concat_ws(' ', 'owner', quote_ident(pg_get_userbyid(s.srvowner)), s.srvtype, s.srvversion, md5(s.srvoptions::text))
    FROM pg_foreign_server AS s

    UNION ALL
    SELECT lower(i.type), i.identity, 'exists'
    FROM (
        SELECT 'pg_cast'::regclass AS class, oid FROM pg_cast UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
        UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily
        UNION ALL SELECT 'pg_collation'::regclass, oid FROM pg_collation UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion
        UNION ALL SELECT 'pg_language'::regclass, oid FROM pg_language UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config
        UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict UNION ALL SELECT 'pg_ts_parser'::regclass, oid FROM pg_ts_parser
        UNION ALL SELECT 'pg_ts_template'::regclass, oid FROM pg_ts_template UNION ALL SELECT 'pg_transform'::regclass, oid FROM pg_transform
        UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
    ) AS o,
        LATERAL pg_identify_object(o.class, o.oid, 0) AS i
    WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = o.class AND m.objid = o.oid)

    UNION ALL
    SELECT 'privileges', a.what, string_agg(
            format('%s: %s%s', CASE e.grantee WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(e.grantee)) END,
                e.privilege_type, CASE WHEN e.is_grantable THEN ' with grant option' ELSE '' END),
            ', ' ORDER BY e.grantee <> 0, pg_get_userbyid(e.grantee), e.privilege_type)
    FROM (
        SELECT 'schema ' || quote_ident(nspname) AS what, coalesce(nspacl, acldefault('n', nspowner)) AS acl FROM schemas
        UNION ALL
        SELECT CASE relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || label,
            coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
        FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        UNION ALL
        SELECT format('column %s.%I', t.label, c.attname), c.attacl
        FROM tables AS t JOIN pg_attribute AS c ON c.attrelid = t.oid AND c.attacl IS NOT NULL AND NOT c.attisdropped
        UNION ALL
        SELECT format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
            coalesce(p.proacl, acldefault('f', p.proowner))
        FROM pg_proc AS p JOIN schemas AS n ON n.oid = p.pronamespace
        WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
        UNION ALL
        SELECT 'type ' || t.oid::regtype, t.typacl
        FROM pg_type AS t JOIN schemas AS n ON n.oid = t.typnamespace
        WHERE t.typacl IS NOT NULL AND t.typcategory <> 'A' AND (t.typrelid = 0 OR t.typtype <> 'c')
        UNION ALL
        SELECT format('defaults of %I%s for %s', pg_get_userbyid(d.defaclrole),
                coalesce((SELECT ' in ' || quote_ident(n.nspname) FROM pg_namespace AS n WHERE n.oid = d.defaclnamespace), ''),
                d.defaclobjtype), d.defaclacl
        FROM pg_default_acl AS d
        WHERE d.defaclnamespace = 0 OR d.defaclnamespace IN (SELECT oid FROM schemas)
    ) AS a,
        LATERAL aclexplode(a.acl) AS e
    GROUP BY a.what
)
SELECT kind, name, coalesce(fact, '') AS fact FROM facts
