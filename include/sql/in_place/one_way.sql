-- Compute the columns of a row that follow, in the write that touches it: no reader ever sees the one without the other.
-- Texts of times and the like must not depend on the session that happens to write.
-- {past_the_flag}: a value was given for a column that follows, and it is another one.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex' AS $cutover$
DECLARE
    cutover_given record := new;
BEGIN
    {assignments}
    IF {past_the_flag} THEN
        RAISE EXCEPTION 'columns of % that follow others were written: the other side of migration {migration} is live',
            tg_table_name
            USING ERRCODE = '25006', HINT = 'follow the flag of the migration: python -m cutover flags show {migration}';
    END IF;
    RETURN new;
END
$cutover$
