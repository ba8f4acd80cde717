-- The fast path: both sides once, no row leaves the server.
SELECT count({left_key}), count({right_key}), count(*) FILTER (WHERE {one_sided} OR {differ})
FROM {pairs}
