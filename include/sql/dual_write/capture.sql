-- Note the keys of the rows that a statement has touched. What is being derived is nobody's own write.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex' AS $capture$
#variable_conflict use_column
BEGIN
    IF current_setting('cutover.deriving', true) = 'on' THEN
        RETURN NULL;
    END IF;
    {notes}
    {pending}
    RETURN NULL;
END
$capture$
