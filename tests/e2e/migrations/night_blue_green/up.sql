-- Runs on the new database while it is empty. Whatever is here has to survive replication in both directions: wider types,
-- columns that are generated or computed by the spec, and indexes do.
ALTER TABLE shop.stock ALTER COLUMN sold TYPE bigint;

ALTER TABLE shop.orders ADD COLUMN channel text GENERATED ALWAYS AS (details ->> 'channel') STORED;
CREATE INDEX orders_channel_idx ON shop.orders (channel, placed_at DESC) WHERE channel IS NOT NULL;
COMMENT ON COLUMN shop.orders.channel IS 'Where the order came from';

ALTER TABLE shop.customers ADD COLUMN email_domain text;
CREATE INDEX customers_email_domain_idx ON shop.customers (email_domain);
