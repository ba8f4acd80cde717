-- What members of cutover_flags may do: follow flags, and tell what shadow reads have found. No change of a flag, no
-- word for somebody else's instance, and no look at answers. The schema goes with its last flag, so this is given anew
-- by whoever makes it.
DO $grant$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cutover_flags')
       OR to_regnamespace('cutover_flags') IS NULL
       OR has_schema_privilege('cutover_flags', 'cutover_flags', 'USAGE') THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA cutover_flags TO cutover_flags;
    GRANT SELECT ON cutover_flags.flag, cutover_flags.instance, cutover_flags.shadow TO cutover_flags;
    GRANT INSERT (migration, instance, application, acknowledged, lease),
          UPDATE (application, acknowledged, lease, seen_at, recorded), DELETE
        ON cutover_flags.instance TO cutover_flags;
    GRANT INSERT, UPDATE (reads, mismatches) ON cutover_flags.shadow TO cutover_flags;
    GRANT INSERT, SELECT (migration) ON cutover_flags.mismatch TO cutover_flags;
END
$grant$;
