UPDATE shop.orders
SET status = %(status)s, total = %(total)s, discount = %(discount)s, revision = revision + 1
WHERE id = %(id)s AND reference = %(reference)s
