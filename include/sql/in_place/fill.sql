-- Fill the rows of a batch that are not right. They are locked in the key's order; whoever wrote one meanwhile has filled it
-- already, and what is written here is computed from the row as it is by then.
WITH wrong AS MATERIALIZED (
    SELECT {keys} FROM {table} AS t WHERE {range} AND ({differing}) ORDER BY {keys} FOR NO KEY UPDATE
)
UPDATE {table} AS t SET {assigned} FROM wrong AS w WHERE {same} AND {range}
