-- ALTER DATABASE .. SET and ALTER ROLE .. IN DATABASE .. SET of this database; for everybody: role ''.
SELECT coalesce(r.rolname::text, '') AS role, split_part(c.entry, '=', 1) AS name,
    substr(c.entry, strpos(c.entry, '=') + 1) AS value
FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS c (entry)
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1, 2
