-- Before COMMIT: derive what this transaction has touched, table by table and key by key in one order for everybody.
-- First what is gone, from the last table to the first, then what is there, from the first to the last: rows that refer to
-- others go before them and come after them, and a key that was deleted and made anew does not meet itself.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $settle$
#variable_conflict use_column
DECLARE
    {variables}
BEGIN
    DELETE FROM {pending} WHERE by_transaction = pg_current_xact_id();
    {gather}
    {derive}
    RETURN NULL;
END
$settle$
