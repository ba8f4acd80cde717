INSERT INTO shop.orders AS o (customer_id, reference, external_no, status, placed_at, total, discount, note, details, revision)
VALUES (
    %(customer_id)s, %(reference)s, %(external_no)s, %(status)s, %(placed_at)s, %(total)s, %(discount)s, %(note)s,
    %(details)s, 1
)
ON CONFLICT (external_no) DO UPDATE SET total = EXCLUDED.total, status = EXCLUDED.status, revision = o.revision + 1
RETURNING id, revision
