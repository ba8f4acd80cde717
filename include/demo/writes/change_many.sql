UPDATE shop.orders SET discount = %(discount)s, revision = revision + 1 WHERE id = ANY(%(ids)s)
