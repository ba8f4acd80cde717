INSERT INTO shop.products (id, title, price)
SELECT n, 'Product ' || n, round(mod(n * 137, 9000) / 100.0 + 1, 2)
FROM generate_series(1, 500) AS n;
