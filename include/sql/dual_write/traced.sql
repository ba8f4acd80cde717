SELECT r.ctid AS place FROM {origin} AS r
    CROSS JOIN LATERAL ({keys_of_row}) AS k ({keys}) JOIN ({rows}) AS q ON {q_is_k}
