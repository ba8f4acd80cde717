-- Bytes on disk; takes ACCESS SHARE for an instant.
SELECT oid::bigint AS table_oid, pg_table_size(oid) AS heap, pg_indexes_size(oid) AS indexes
FROM unnest(%(tables)s::oid[]) AS t (oid)
