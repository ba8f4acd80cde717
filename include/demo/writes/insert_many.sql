INSERT INTO shop.orders (id, customer_id, reference, status, placed_at, total, note, revision)
SELECT made.id, %(customer_id)s, made.reference, %(status)s, %(placed_at)s, %(total)s, %(note)s, 1
FROM unnest(%(ids)s::integer[], %(references)s::text[]) AS made (id, reference)
