SELECT greatest(reltuples, 0)::int8 FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass({relation})
