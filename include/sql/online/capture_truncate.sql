CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $capture$
BEGIN
    INSERT INTO cutover.truncation (number, ordinal, live) VALUES ({number}, {ordinal}, {live});
    RETURN NULL;
END
$capture$
