ALTER TABLE products ADD COLUMN weight_g integer;
