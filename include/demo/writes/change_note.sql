UPDATE shop.orders SET note = %(note)s, details = %(details)s, revision = revision + 1
WHERE id = %(id)s AND reference = %(reference)s
