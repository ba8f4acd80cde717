ALTER TABLE orders
    ALTER COLUMN id TYPE bigint,
    ALTER COLUMN parent_id TYPE bigint,
    ALTER COLUMN placed_at TYPE timestamptz USING placed_at AT TIME ZONE 'UTC',
    ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN recipient_first text,
    ADD COLUMN recipient_last text,
    DROP COLUMN shipping_name;
COMMENT ON COLUMN orders.preferences IS 'What the customer chose for this order';
