ALTER TABLE shop.products ADD COLUMN weight_g integer;
