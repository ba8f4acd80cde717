-- Installed extensions, with tables whose rows are their users' settings (config).
SELECT e.extname::text AS name, e.extversion AS version, n.nspname::text AS schema,
       ARRAY(SELECT u.oid::regclass::text FROM unnest(e.extconfig) AS u (oid) ORDER BY 1) AS config
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql'
ORDER BY 1
