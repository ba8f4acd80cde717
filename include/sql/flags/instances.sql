SELECT instance, application, acknowledged, excused, excused_by, began_at, seen_at,
       seen_at + lease > clock_timestamp() AS alive
FROM cutover_flags.instance WHERE migration = %(migration)s
ORDER BY instance
