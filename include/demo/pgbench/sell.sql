-- One sale: the counter and the movement belong together, and (client, seq) is there once per committed transaction.
\set seq :seq + 1
\set product random(1, 500)
BEGIN;
UPDATE shop.stock SET sold = sold + 1 WHERE product_id = :product;
INSERT INTO shop.movements (source, client, seq, product_id) VALUES ('pgbench', :client_id, :seq, :product);
END;
