-- OFFSET 0 keeps the hash from being computed once for each aggregate.
SELECT count(*), coalesce(sum(h), 0)::text, coalesce(bit_xor(h), 0)
FROM (SELECT {hash} AS h FROM {relation} AS {alias} WHERE {within} OFFSET 0) AS hashed
