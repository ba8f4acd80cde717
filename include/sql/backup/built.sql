-- Which index and which constraint belongs to which of these tables: an archive names them by catalog and oid, too.
SELECT 'pg_class'::regclass::oid::text || '.' || i.indexrelid AS entry, i.indrelid AS relation
FROM pg_catalog.pg_index AS i WHERE i.indrelid = ANY (%(oids)s)
UNION ALL
SELECT 'pg_constraint'::regclass::oid::text || '.' || k.oid, k.conrelid
FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = ANY (%(oids)s) AND k.contype IN ('p', 'u', 'x')
