-- The side that is not live takes rows only from what derives them. What a derived delete cascades to is done in the name of
-- the table's owner, inside of another trigger.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $fence$
BEGIN
    IF current_setting('cutover.deriving', true) = 'on' AND (current_user = {owner} OR pg_trigger_depth() > 1) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'table % takes no writes: the other side of migration {migration} is live', TG_TABLE_NAME
        USING ERRCODE = '25006', HINT = 'follow the flag of the migration: python -m cutover flags show {migration}';
END
$fence$
