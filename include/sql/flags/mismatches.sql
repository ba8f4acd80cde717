SELECT id, what, key, old, new, instance, version, at
FROM cutover_flags.mismatch WHERE migration = %(migration)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s
