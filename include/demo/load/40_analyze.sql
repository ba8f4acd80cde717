ANALYZE shop.customers, shop.products, shop.orders, shop.order_items, shop.shipments, shop.stock;
