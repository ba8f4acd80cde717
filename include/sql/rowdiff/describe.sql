SELECT {expressions} FROM {relation} AS {alias} LIMIT 0
