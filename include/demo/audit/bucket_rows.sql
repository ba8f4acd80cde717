SELECT ROW({columns})::text FROM {table}
WHERE hashtextextended(ROW({columns})::text, 0) & 4095 = ANY(%(buckets)s)
