ALTER TABLE orders ADD COLUMN recipient_first text, ADD COLUMN recipient_last text;
ALTER TABLE orders ADD CONSTRAINT orders_recipient CHECK ((recipient_first IS NULL) = (recipient_last IS NULL));
CREATE INDEX orders_recipient_last_idx ON orders (recipient_last, recipient_first) WHERE recipient_last IS NOT NULL;
COMMENT ON COLUMN orders.recipient_last IS 'Everything behind the first blank of the name';
