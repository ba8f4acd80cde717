INSERT INTO shop.order_items (order_id, product_id, quantity)
SELECT n, 1 + mod(n, 500), 1 + mod(n, 3)
FROM generate_series(1, %(rows)s, 3) AS n;
