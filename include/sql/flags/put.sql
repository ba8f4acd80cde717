-- One change: the flag, its history and the call to whoever listens, or none of them.
WITH changed AS (
    UPDATE cutover_flags.flag
    SET mode = %(mode)s, read_new = %(read_new)s, shadow = %(shadow)s, version = version + 1,
        changed_at = clock_timestamp(), changed_by = %(by)s, note = %(note)s,
        held_until = clock_timestamp() + %(hold)s::interval
    WHERE migration = %(migration)s AND version = %(version)s
      -- Who goes on by himself looks once more, under the lock of this change, when the hold is over.
      AND (NOT %(only_while_held)s OR held_until IS NULL OR clock_timestamp() < held_until)
    RETURNING migration, mode, read_new, shadow, version, changed_at, changed_by, note, held_until
), told AS (
    INSERT INTO cutover_flags.history
        (migration, version, mode, read_new, shadow, changed_at, changed_by, note, held_until)
    SELECT migration, version, mode, read_new, shadow, changed_at, changed_by, note, held_until FROM changed
)
SELECT changed.*, pg_notify('cutover_flags', migration) FROM changed
