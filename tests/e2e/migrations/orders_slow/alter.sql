ALTER TABLE orders ADD COLUMN digest text;
