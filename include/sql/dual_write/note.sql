INSERT INTO {touched} ({keys}, by_transaction)
    SELECT DISTINCT k.*, pg_current_xact_id() FROM {rows} AS r CROSS JOIN LATERAL ({origin}) AS k ({keys});
