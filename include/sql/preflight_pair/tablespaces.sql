-- Tablespaces of this server, and whether the role that asks may make something there.
SELECT t.spcname::text AS name, has_tablespace_privilege(t.oid, 'CREATE') AS usable
FROM pg_tablespace t
ORDER BY 1
