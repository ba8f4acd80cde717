INSERT INTO shop.shipments (order_id, carrier) VALUES (%(order_id)s, %(carrier)s) RETURNING id
