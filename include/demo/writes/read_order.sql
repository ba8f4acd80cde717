SELECT id, customer_id, reference, external_no, status, total, discount, net, note, details, revision
FROM shop.orders WHERE id = %(id)s
