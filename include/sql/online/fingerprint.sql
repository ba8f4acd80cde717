SELECT jsonb_build_object(
    'table', (SELECT jsonb_build_array(n.nspname, c.relname, pg_get_userbyid(c.relowner), c.relpersistence, c.reloptions,
                                       c.relrowsecurity, c.relforcerowsecurity, c.relreplident, m.amname,
                                       obj_description(c.oid, 'pg_class'))
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
              WHERE c.oid = t.oid),
    'grants', (SELECT coalesce(jsonb_agg(g ORDER BY g), '[]') FROM (
        SELECT jsonb_build_array(coalesce(a.attname, ''), pg_get_userbyid(x.grantee), x.privilege_type, x.is_grantable)
        FROM (SELECT NULL::name AS attname, c.relacl AS acl FROM pg_class c WHERE c.oid = t.oid
              UNION ALL SELECT a.attname, a.attacl FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) a,
             aclexplode(a.acl) x) AS q (g)),
    'columns', (SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                                                   a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attstorage, a.attcompression,
                                                   coalesce(a.attstattarget, -1), a.attoptions, a.attcollation::regcollation::text,
                                                   col_description(a.attrelid, a.attnum)) ORDER BY a.attnum)
                FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'indexes', (SELECT coalesce(jsonb_agg(i ORDER BY i), '[]') FROM (
        SELECT jsonb_build_array(pg_get_indexdef(i.indexrelid), i.indisprimary, i.indisclustered, i.indisreplident, i.indisvalid,
                                 obj_description(i.indexrelid, 'pg_class'))
        FROM pg_index i WHERE i.indrelid = t.oid) AS q (i)),
    'constraints', (SELECT coalesce(jsonb_agg(k ORDER BY k), '[]') FROM (
        SELECT jsonb_build_array(k.conname, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'))
        FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype <> 'n') AS q (k)),
    'foreign keys of others', (SELECT coalesce(jsonb_agg(k ORDER BY k), '[]') FROM (
        SELECT jsonb_build_array(k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid))
        FROM pg_constraint k WHERE k.confrelid = t.oid AND k.conrelid <> t.oid AND k.contype = 'f') AS q (k)),
    'triggers', (SELECT coalesce(jsonb_agg(g ORDER BY g), '[]') FROM (
        SELECT jsonb_build_array(pg_get_triggerdef(g.oid), g.tgenabled, obj_description(g.oid, 'pg_trigger'))
        FROM pg_trigger g WHERE g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgname NOT LIKE 'cutover\_capture\_%%') AS q (g)),
    'policies', (SELECT coalesce(jsonb_agg(p ORDER BY p), '[]') FROM (
        SELECT jsonb_build_array(p.polname, p.polpermissive, p.polcmd,
                                 (SELECT jsonb_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r) END) FROM unnest(p.polroles) r),
                                 pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        FROM pg_policy p WHERE p.polrelid = t.oid) AS q (p)),
    'statistics', (SELECT coalesce(jsonb_agg(s ORDER BY s), '[]') FROM (
        SELECT jsonb_build_array(pg_get_statisticsobjdef(s.oid), coalesce(s.stxstattarget, -1))
        FROM pg_statistic_ext s WHERE s.stxrelid = t.oid) AS q (s)),
    'sequences', (SELECT coalesce(jsonb_agg(q ORDER BY q), '[]') FROM (
        SELECT jsonb_build_array(d.objid::regclass::text, a.attname, d.deptype)
        FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.deptype IN ('a', 'i')) AS s (q)),
    'views', (SELECT coalesce(jsonb_agg(v ORDER BY v), '[]') FROM (
        SELECT DISTINCT jsonb_build_array(r.ev_class::regclass::text, c.relkind, pg_get_viewdef(r.ev_class), pg_get_userbyid(c.relowner),
                                          (SELECT jsonb_agg(x::text ORDER BY x::text) FROM unnest(c.relacl) x), c.reloptions)
        FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
          AND r.ev_class <> t.oid) AS q (v)),
    'publications', (SELECT coalesce(jsonb_agg(p.pubname ORDER BY p.pubname), '[]')
                     FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = t.oid))
FROM (SELECT %(table)s::oid AS oid) AS t
