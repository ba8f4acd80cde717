-- One flag, or all of them. How much is left of a hold is told by the clock that ends it.
SELECT migration, mode, read_new::float8, shadow::float8, version, changed_at, changed_by, note, held_until,
       coalesce(greatest(0, extract(epoch FROM held_until - clock_timestamp())), 0)::float8 AS held_for
FROM cutover_flags.flag WHERE %(migration)s::text IS NULL OR migration = %(migration)s
ORDER BY migration
