SELECT bit_xor(hashtextextended(r::text, 0)) FROM {shadow} AS r
