UPDATE shop.orders SET id = %(new_id)s, revision = revision + 1
WHERE id = %(id)s AND reference = %(reference)s
