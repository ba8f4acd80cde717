UPDATE shop.orders
SET recipient_first = %(first)s, recipient_last = %(last)s, preferences = %(preferences)s, revision = revision + 1
WHERE id = %(id)s AND reference = %(reference)s
