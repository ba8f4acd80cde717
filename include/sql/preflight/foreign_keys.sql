-- Both directions: table_oid is the migrated table, incoming says on which side of the key it stands.
SELECT w.oid::bigint AS table_oid, k.confrelid = w.oid AND k.conrelid <> w.oid AS incoming, k.conrelid = k.confrelid AS to_itself,
       k.conname::text AS name, pg_get_constraintdef(k.oid) AS definition, k.convalidated AS validated,
       cn.nspname::text AS child_schema, c.relname::text AS child, c.relkind::text AS child_kind,
       pg_get_userbyid(c.relowner)::text AS child_owner, pg_has_role(c.relowner, 'USAGE') AS child_owned,
       pn.nspname::text AS parent_schema, p.relname::text AS parent, pg_get_userbyid(p.relowner)::text AS parent_owner,
       has_table_privilege(p.oid, 'REFERENCES') AS parent_referable,
       -- LOCK TABLE asks for one of these, in whatever mode.
       has_table_privilege(p.oid, CASE WHEN current_setting('server_version_num')::int >= 170000
           THEN 'UPDATE, DELETE, TRUNCATE, MAINTAIN' ELSE 'UPDATE, DELETE, TRUNCATE' END) AS parent_lockable,
       EXISTS (SELECT FROM pg_constraint x WHERE x.conparentid = k.oid) AS has_clones
FROM unnest(%(tables)s::oid[]) AS w (oid)
JOIN pg_constraint k ON k.contype = 'f' AND k.conparentid = 0 AND (k.conrelid = w.oid OR k.confrelid = w.oid)
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
ORDER BY w.oid, k.conname, k.oid
