CREATE INDEX orders_customer_idx ON shop.orders (customer_id) INCLUDE (status);
CREATE INDEX orders_reference_idx ON shop.orders (lower(reference));
CREATE INDEX orders_open_idx ON shop.orders (placed_at DESC) WHERE status = 'open';
CREATE INDEX orders_parent_idx ON shop.orders (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX order_items_order_idx ON shop.order_items (order_id);
CREATE INDEX shipments_order_idx ON shop.shipments (order_id);
CREATE INDEX ledger_idx ON shop.ledger (writer, seq);
CREATE STATISTICS shop.orders_customer_status (dependencies, mcv) ON customer_id, status FROM shop.orders;
