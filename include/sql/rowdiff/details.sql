SELECT ARRAY[{key_text}], ARRAY[{column_differs}]::bool[], ARRAY[{left_values}]::text[], ARRAY[{right_values}]::text[]
FROM {pairs}
WHERE {left} IS NOT NULL AND {right} IS NOT NULL
