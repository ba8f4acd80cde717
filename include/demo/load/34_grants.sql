-- The application writes as `shop_app`; reports read a part of the columns as `reporting`, and no drafts.
GRANT USAGE ON SCHEMA shop TO shop_app, reporting;
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.orders, shop.order_items, shop.shipments TO shop_app;
GRANT SELECT ON shop.customers, shop.products, shop.open_orders, shop.open_orders_by_customer TO shop_app;
GRANT SELECT, INSERT ON shop.ledger, shop.movements TO shop_app;
GRANT SELECT, UPDATE ON shop.stock TO shop_app;
GRANT SELECT (id, customer_id, status, total, net, placed_at) ON shop.orders TO reporting;
GRANT SELECT ON shop.open_orders_by_customer TO reporting WITH GRANT OPTION;
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY orders_app ON shop.orders TO shop_app USING (true) WITH CHECK (total < 1000000);
CREATE POLICY orders_reporting ON shop.orders FOR SELECT TO reporting USING (status <> 'draft');
