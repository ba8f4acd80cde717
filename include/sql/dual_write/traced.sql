EXISTS (SELECT FROM ({keys_of_row}) AS k ({keys}) CROSS JOIN LATERAL (SELECT FROM ({rows}) AS q WHERE {q_is_k}) AS q)
