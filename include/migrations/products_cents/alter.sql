ALTER TABLE products ADD COLUMN price_cents bigint NOT NULL;
ALTER TABLE products ADD CONSTRAINT products_price_cents CHECK (price_cents >= 0);
