-- Databases that a run of a rehearsal may have made beside its copy; their names hold the run's number.
SELECT datname::text FROM pg_database
WHERE datname ~ format('^cutover_%%s_(design|restored)$', %(run)s::bigint)
    OR (datname ~ format('_before_%%s$', %(run)s::bigint) AND starts_with(datname, left(%(copy)s::text, 40)))
