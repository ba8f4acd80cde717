SELECT migration, mode, read_new::float8, shadow::float8, version, changed_at, changed_by, note
FROM cutover_flags.flag WHERE migration = %(migration)s
