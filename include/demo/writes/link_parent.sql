UPDATE shop.orders SET parent_id = %(parent_id)s, revision = revision + 1
WHERE id = %(id)s AND reference = %(reference)s
