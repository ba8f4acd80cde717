SELECT {key_text}, {hash} FROM {rows} WHERE {within} ORDER BY {key_text}
