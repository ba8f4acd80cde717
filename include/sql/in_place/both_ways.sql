-- While some write the old columns and some the new ones: whoever writes a row says by what he writes which ones follow.
-- An INSERT that gives neither, or both, is taken for one of somebody who writes the old ones. An UPDATE of other columns
-- changes nothing of either: what the new ones say need not be what the old ones would make of it.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex' AS $cutover$
DECLARE
    cutover_given record := new;
BEGIN
    IF (CASE WHEN tg_op = 'INSERT' THEN ({new_given}) AND NOT ({old_given})
             ELSE ({new_changed}) AND NOT ({old_changed}) END) THEN
        {back}
    ELSIF (CASE WHEN tg_op = 'INSERT' THEN true ELSE {old_changed} END) THEN
        {forward}
    END IF;
    RETURN new;
END
$cutover$
