INSERT INTO {touched} ({keys}, by_transaction) SELECT {keys}, pg_current_xact_id() FROM {table};
