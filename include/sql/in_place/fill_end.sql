-- Where the next batch ends: how many rows it has, and the key of the last one, as text.
WITH b AS MATERIALIZED (SELECT {keys} FROM {table} AS t WHERE {after} ORDER BY {keys} LIMIT {rows})
SELECT (SELECT count(*) FROM b), {texts} FROM b ORDER BY {down} LIMIT 1
