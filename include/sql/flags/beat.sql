-- An instance says that it is alive, and with which version all of its work under way agrees.
INSERT INTO cutover_flags.instance (migration, instance, application, acknowledged, lease)
SELECT migration, %(instance)s, %(application)s, %(acknowledged)s, %(lease)s
FROM cutover_flags.flag WHERE migration = %(migration)s
ON CONFLICT (migration, instance) DO UPDATE
SET acknowledged = excluded.acknowledged, application = excluded.application, lease = excluded.lease,
    seen_at = clock_timestamp()
RETURNING acknowledged
