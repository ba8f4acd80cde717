-- Runs in the live database behind closed doors, in one transaction.
ALTER TABLE shop.stock ALTER COLUMN sold TYPE bigint;

ALTER TABLE shop.orders ADD COLUMN channel text GENERATED ALWAYS AS (details ->> 'channel') STORED;
CREATE INDEX orders_channel_idx ON shop.orders (channel, placed_at DESC) WHERE channel IS NOT NULL;
COMMENT ON COLUMN shop.orders.channel IS 'Where the order came from';
