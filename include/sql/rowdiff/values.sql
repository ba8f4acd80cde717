SELECT ARRAY[{key_text}], ARRAY[{marks}]::text[], ARRAY[{shown}]::text[] FROM {rows}
