-- touched: keys whose row has to be derived anew, and the transaction that has touched them. coming: keys that have no
-- row yet, for as long as a transaction makes one; whoever comes to the same key waits for it here.
CREATE TABLE IF NOT EXISTS {touched} AS SELECT {keys}, NULL::xid8 AS by_transaction FROM {table} WITH NO DATA;
CREATE INDEX IF NOT EXISTS {touched_index} ON {touched} (by_transaction);
CREATE UNLOGGED TABLE IF NOT EXISTS {coming} AS SELECT {keys} FROM {table} WITH NO DATA;
CREATE UNIQUE INDEX IF NOT EXISTS {coming_index} ON {coming} ({keys})
