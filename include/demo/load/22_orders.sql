-- Deterministic, so that two loads of as many rows are equal. NULLs, empty texts, names outside ASCII, values
-- of every sign of precision, and one row in a hundred with a note that is long enough to be TOASTed.
INSERT INTO shop.orders (
    customer_id, reference, external_no, status, placed_at, updated_at, total, discount, shipping_name, note, details
)
SELECT
    1 + mod(n::bigint * 7919, 20000),
    'S-' || n,
    CASE WHEN mod(n, 10) = 0 THEN 'X-' || n END,
    (ARRAY['open', 'paid', 'shipped', 'closed', 'draft'])[1 + mod(n, 5)],
    timestamp '2024-01-01' + n * interval '37.000001 seconds',
    timestamptz '2024-01-01 00:00:00+00' + n * interval '37 seconds',
    round(mod(n::bigint * 7907, 100000) / 100.0, 2),
    CASE WHEN mod(n, 3) = 0 THEN round(mod(n, 700) / 100.0, 2) END,
    CASE WHEN mod(n, 7) > 0
        THEN (ARRAY['Ada', 'Zoë', 'Jean-Luc', 'Łucja', 'Grace', 'Edgar'])[1 + mod(n, 6)] || ' '
            || (ARRAY['Lovelace', 'O''Neil', 'Müller', 'Hopper', 'Codd'])[1 + mod(n, 5)]
    END,
    CASE
        WHEN mod(n, 100) = 7 THEN (SELECT string_agg(md5(n || '/' || part), '') FROM generate_series(1, 100) AS part)
        WHEN mod(n, 4) = 0 THEN ''
        WHEN mod(n, 4) = 1 THEN 'note ' || n
    END,
    CASE WHEN mod(n, 6) > 0 THEN jsonb_build_object('channel', mod(n, 4), 'gift', mod(n, 9) = 0) END
FROM generate_series(1, %(rows)s) AS n;
