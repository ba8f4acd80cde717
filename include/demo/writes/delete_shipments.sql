DELETE FROM shop.shipments WHERE order_id = %(id)s
