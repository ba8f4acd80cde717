SELECT reference, net FROM shop.open_orders WHERE id = %(id)s
