-- One batch of shadow reads, once: the instance's row remembers the last one, in the same transaction.
WITH claimed AS (
    UPDATE cutover_flags.instance SET recorded = %(number)s
    WHERE migration = %(migration)s AND instance = %(instance)s AND recorded < %(number)s
    RETURNING migration
), counted AS (
    INSERT INTO cutover_flags.shadow (migration, what, reads, mismatches)
    SELECT claimed.migration, each.what, each.reads, each.mismatches
    FROM claimed, unnest(%(whats)s::text[], %(reads)s::bigint[], %(mismatches)s::bigint[])
        AS each (what, reads, mismatches)
    ORDER BY each.what  -- instances that write at once take the rows in one order
    ON CONFLICT (migration, what) DO UPDATE
    SET reads = shadow.reads + excluded.reads, mismatches = shadow.mismatches + excluded.mismatches
), room AS (
    SELECT %(kept)s - count(migration) AS rows FROM cutover_flags.mismatch WHERE migration = %(migration)s
)
INSERT INTO cutover_flags.mismatch (migration, what, key, old, new, instance, version, at)
SELECT claimed.migration, each.what, each.key, each.old, each.new, %(instance)s, each.version, each.at
FROM claimed, room, unnest(
    %(what)s::text[], %(key)s::text[], %(old)s::text[], %(new)s::text[], %(version)s::bigint[], %(at)s::timestamptz[]
) WITH ORDINALITY AS each (what, key, old, new, version, at, place)
WHERE each.place <= room.rows
ORDER BY each.place
