-- Whether the operating system sorts differently now than when this database was made.
SELECT datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid) AS stale
FROM pg_database WHERE datname = current_database()
