-- While some write the old columns and some the new ones: whoever writes a row says by what he writes which ones follow.
-- Who writes neither, or both, is taken for somebody who writes the old ones.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex' AS $cutover$
DECLARE
    cutover_given record := new;
    cutover_back  boolean;
BEGIN
    IF tg_op = 'INSERT' THEN
        cutover_back := ({new_given}) AND NOT ({old_given});
    ELSE
        cutover_back := ({new_changed}) AND NOT ({old_changed});
    END IF;
    IF cutover_back THEN
        {back}
    ELSE
        {forward}
    END IF;
    RETURN new;
END
$cutover$
