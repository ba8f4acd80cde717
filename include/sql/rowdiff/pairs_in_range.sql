(SELECT * FROM {left} AS l WHERE {left_within}) AS l
FULL JOIN (SELECT * FROM {right} AS r WHERE {right_within}) AS r ON {join}
