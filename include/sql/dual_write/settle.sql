-- Before COMMIT: derive what this transaction has touched, table by table and key by key in one order for everybody.
-- First what is gone, from the last table to the first, then what is there, from the first to the last: rows that refer to
-- others go before them and come after them, and a key that was deleted and made anew does not meet itself.
-- Where rows of one table only are touched, both are one.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $settle$
#variable_conflict use_column
DECLARE
    {variables}
    cutover_shapes integer;
BEGIN
    DELETE FROM {pending} WHERE by_transaction = pg_current_xact_id();
    {gather}
    cutover_shapes := {touched};
    {derive}
    RETURN NULL;
END
$settle$
