-- Publications that send the table to subscribers because they name it or take every table.
SELECT w.oid::bigint AS table_oid, p.pubname::text AS name, pg_get_userbyid(p.pubowner)::text AS owner,
       pg_has_role(p.pubowner, 'USAGE') AS owned, CASE WHEN p.puballtables THEN 'all' ELSE 'table' END AS via,
       CASE WHEN r.prattrs IS NOT NULL THEN
           ARRAY(SELECT a.attname::text FROM unnest(r.prattrs::int2[]) AS u (attnum)
                 JOIN pg_attribute a ON a.attrelid = w.oid AND a.attnum = u.attnum ORDER BY u.attnum)
       END AS columns,
       pg_get_expr(r.prqual, r.prrelid) AS filter,
       CASE WHEN p.puballtables THEN (
           SELECT string_agg(format('%%I.%%I', t.schemaname, t.tablename), ', ' ORDER BY t.schemaname, t.tablename)
           FROM pg_publication_tables t WHERE t.pubname = p.pubname) END AS tables
FROM unnest(%(tables)s::oid[]) AS w (oid)
CROSS JOIN pg_publication p
LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = w.oid
WHERE p.puballtables OR r.oid IS NOT NULL
ORDER BY 1, 2
