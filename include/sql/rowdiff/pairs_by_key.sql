(SELECT {values} FROM unnest({texts}) AS t ({names})) AS k
LEFT JOIN {left} AS l ON {left_key}
LEFT JOIN {right} AS r ON {right_key}
