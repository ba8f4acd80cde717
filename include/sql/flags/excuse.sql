UPDATE cutover_flags.instance AS i SET excused = f.version, excused_by = %(by)s
FROM cutover_flags.flag AS f
WHERE f.migration = i.migration AND i.migration = %(migration)s AND i.instance = %(instance)s
