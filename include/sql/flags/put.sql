-- One change: the flag, its history and the call to whoever listens, or none of them.
WITH changed AS (
    UPDATE cutover_flags.flag
    SET mode = %(mode)s, read_new = %(read_new)s, shadow = %(shadow)s, version = version + 1,
        changed_at = clock_timestamp(), changed_by = %(by)s, note = %(note)s
    WHERE migration = %(migration)s AND version = %(version)s
    RETURNING migration, mode, read_new, shadow, version, changed_at, changed_by, note
), told AS (
    INSERT INTO cutover_flags.history (migration, version, mode, read_new, shadow, changed_at, changed_by, note)
    SELECT migration, version, mode, read_new, shadow, changed_at, changed_by, note FROM changed
)
SELECT changed.*, pg_notify('cutover_flags', migration) FROM changed
