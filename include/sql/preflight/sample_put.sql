INSERT INTO {target} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {values} FROM {source} AS {alias} WHERE cutover_n <= {up_to}
