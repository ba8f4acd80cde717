-- Of some keys those whose row is not what the query says.
SELECT {w_keys} FROM {wanted}
WHERE (SELECT ROW({q_columns})::text FROM ({rows}) AS q WHERE {q_is_w})
      IS DISTINCT FROM (SELECT ROW({t_columns})::text FROM {table} AS t WHERE {t_is_w})
