SELECT ARRAY[{key_texts}] AS key, {alias}::text AS row, ARRAY[{values}] AS values
FROM {live} AS {alias} ORDER BY {key} LIMIT 100
