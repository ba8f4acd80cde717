-- Settings that hang on the database itself, which no dump of the database carries (ours left out).
SELECT split_part(u.setting, '=', 1) AS name, substr(u.setting, strpos(u.setting, '=') + 1) AS value,
       r.rolname::text AS role
FROM pg_db_role_setting s
CROSS JOIN LATERAL unnest(s.setconfig) AS u (setting)
LEFT JOIN pg_roles r ON r.oid = s.setrole
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND u.setting NOT LIKE 'cutover.%%'
ORDER BY 3 NULLS FIRST, 1
