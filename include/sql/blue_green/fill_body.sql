#variable_conflict use_column
BEGIN
    SELECT {values} INTO {targets} FROM (SELECT NEW.*) AS {alias};
    RETURN NEW;
END
