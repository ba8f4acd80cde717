INSERT INTO shop.orders (id, customer_id, reference, external_no, status, placed_at, total, discount, note, details, revision)
VALUES (
    %(id)s, %(customer_id)s, %(reference)s, %(external_no)s, %(status)s, %(placed_at)s, %(total)s, %(discount)s,
    %(note)s, %(details)s, %(revision)s
)
RETURNING id
