-- Every table of the application, foreign ones too; not those of the system, of extensions, or our own.
-- settable: the role that asks can become the owner, which is what making something in the owner's name takes.
SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       c.relpersistence::text AS persistence, c.relispartition AS is_partition, c.relreplident::text AS identity,
       greatest(c.reltuples, -1)::bigint AS rows_estimated,
       (c.relpages + coalesce((SELECT t.relpages FROM pg_class t WHERE t.oid = c.reltoastrelid), 0))::bigint * 8192
           AS bytes_estimated,
       (SELECT coalesce(sum(x.relpages), 0)::bigint * 8192 FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = c.oid) AS index_bytes,
       pg_get_userbyid(c.relowner)::text AS owner, pg_has_role(c.relowner, 'USAGE') AS owned,
       CASE WHEN current_setting('server_version_num')::int >= 160000 THEN pg_has_role(c.relowner, 'SET')
            ELSE pg_has_role(c.relowner, 'MEMBER') END AS settable,
       has_table_privilege(c.oid, 'SELECT') AS readable,
       c.relrowsecurity AS policies_on, c.relforcerowsecurity AS policies_forced,
       t.spcname::text AS tablespace,
       ARRAY(SELECT u.rulename::text FROM pg_rewrite u
             WHERE u.ev_class = c.oid AND u.rulename <> '_RETURN' ORDER BY u.rulename) AS rules,
       ARRAY(SELECT pn.nspname || '.' || p.relname FROM pg_inherits i
             JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
             WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) AS parents
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover_sync') AND n.nspname !~ '^pg_(toast|temp)'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
