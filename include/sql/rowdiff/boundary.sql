SELECT {key_text} FROM {relation} AS l WHERE {within} ORDER BY {key} OFFSET {skip} LIMIT 1
