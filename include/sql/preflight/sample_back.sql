INSERT INTO {target} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {values} FROM {source} AS {alias}
WHERE EXISTS (SELECT FROM (SELECT cutover_n, {ks} FROM {sample}) AS cutover_s WHERE cutover_s.cutover_n <= {up_to} AND {match})
