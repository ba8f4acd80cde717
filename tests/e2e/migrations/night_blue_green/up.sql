ALTER TABLE shop.stock ALTER COLUMN sold TYPE bigint;
ALTER TABLE shop.customers ADD COLUMN email_domain text;
