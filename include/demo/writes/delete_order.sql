DELETE FROM shop.orders WHERE id = %(id)s AND reference = %(reference)s
