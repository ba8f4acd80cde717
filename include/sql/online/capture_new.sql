CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $capture$
BEGIN
    -- Every name is qualified or a transition table, so no search_path can lead it astray, and none has to be set.
    INSERT INTO {log} ({ks}) SELECT {keys} FROM cutover_rows;
    RETURN NULL;
END
$capture$
