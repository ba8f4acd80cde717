ALTER TABLE shop.stock ALTER COLUMN sold TYPE bigint;
ALTER TABLE shop.orders ADD COLUMN channel text GENERATED ALWAYS AS (details ->> 'channel') STORED;
