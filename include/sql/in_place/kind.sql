-- What has a name: the kind of relation, or 'ours' for a view that stands for a table.
SELECT CASE WHEN relkind = 'v' AND obj_description(oid, 'pg_class') LIKE 'Stands for %%' THEN 'ours' ELSE relkind::text END
FROM pg_catalog.pg_class WHERE oid = to_regclass(%(name)s)
