CREATE FUNCTION shop.touch_updated_at() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;
CREATE TRIGGER orders_touch BEFORE UPDATE ON shop.orders
    FOR EACH ROW EXECUTE FUNCTION shop.touch_updated_at();

CREATE VIEW shop.open_orders AS
    SELECT id, customer_id, reference, status, placed_at, net FROM shop.orders WHERE status = 'open';
CREATE VIEW shop.open_orders_by_customer AS
    SELECT customer_id, count(*) AS orders, max(id) AS latest_id, sum(net) AS net
    FROM shop.open_orders GROUP BY customer_id;

COMMENT ON TABLE shop.orders IS 'What customers ordered';
COMMENT ON COLUMN shop.orders.shipping_name IS 'First and last name, one blank between them';
COMMENT ON COLUMN shop.orders.parent_id IS 'The order that this one repeats';
COMMENT ON CONSTRAINT orders_total_check ON shop.orders IS 'Refunds are orders of their own';
COMMENT ON INDEX shop.orders_open_idx IS 'The packing list';
COMMENT ON VIEW shop.open_orders IS 'The packing list, newest first';
