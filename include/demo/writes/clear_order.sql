UPDATE shop.orders
SET discount = NULL, note = NULL, details = NULL, external_no = NULL, parent_id = NULL, revision = revision + 1
WHERE id = %(id)s AND reference = %(reference)s
