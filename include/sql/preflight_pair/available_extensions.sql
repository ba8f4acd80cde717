-- What CREATE EXTENSION would find on this server, and whether the role that asks may run it.
SELECT v.name::text AS name, v.version, v.version = x.default_version AS is_default, v.superuser, v.trusted
FROM pg_available_extension_versions v
JOIN pg_available_extensions x ON x.name = v.name
ORDER BY 1, 2
