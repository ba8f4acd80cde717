INSERT INTO shop.shipments (order_id, carrier)
SELECT n, (ARRAY['rail', 'road', 'sea'])[1 + mod(n, 3)]
FROM generate_series(1, %(rows)s, 11) AS n;
