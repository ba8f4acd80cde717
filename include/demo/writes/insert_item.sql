INSERT INTO shop.order_items (order_id, product_id, quantity) VALUES (%(order_id)s, %(product_id)s, %(quantity)s)
RETURNING id
