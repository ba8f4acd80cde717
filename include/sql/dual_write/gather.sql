WITH mine AS (DELETE FROM {touched} WHERE by_transaction = pg_current_xact_id() RETURNING {keys})
    SELECT {gathered} INTO {variables} FROM (SELECT DISTINCT {keys} FROM mine WHERE {not_null} ORDER BY {keys}) AS d;
