ALTER TABLE products ADD CONSTRAINT products_are_cheap CHECK (price < 1);
