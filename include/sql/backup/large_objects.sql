-- All large objects as one figure: how many, how many bytes, and a sum over all of their pieces.
WITH RECURSIVE piece (oid, n, digest, bytes) AS (
    SELECT m.oid, 0::bigint, hashtextextended(encode(d.data, 'hex'), 1), length(d.data)
    FROM pg_catalog.pg_largeobject_metadata AS m, LATERAL (SELECT lo_get(m.oid, 0, 262144) AS data OFFSET 0) AS d
    UNION ALL
    SELECT p.oid, p.n + 1, hashtextextended(encode(d.data, 'hex'), p.n + 2), length(d.data)
    FROM piece AS p, LATERAL (SELECT lo_get(p.oid, (p.n + 1) * 262144, 262144) AS data OFFSET 0) AS d
    WHERE p.bytes = 262144
)
SELECT count(DISTINCT oid), coalesce(sum(bytes), 0)::bigint, coalesce(sum(digest::numeric * (oid::bigint % 1009 + 1)), 0)::text
FROM piece
