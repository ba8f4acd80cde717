INSERT INTO shop.customers (name, email)
SELECT 'Customer ' || n, 'customer' || n || '@example.org'
FROM generate_series(1, 20000) AS n;
