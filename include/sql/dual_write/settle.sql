-- Before COMMIT: derive what this transaction has touched, table by table and key by key in one order for everybody.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $settle$
DECLARE
    {variables}
BEGIN
    DELETE FROM {pending} WHERE by_transaction = pg_current_xact_id();
    {steps}
    RETURN NULL;
END
$settle$
