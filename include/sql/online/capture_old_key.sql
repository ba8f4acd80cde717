CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $capture$
BEGIN
    INSERT INTO {log} ({ks}) VALUES ({old_keys});
    RETURN NULL;
END
$capture$
