SELECT 'order_items:' || i.id AS child, o.reference, i.product_id::text || ' x ' || i.quantity AS what
FROM shop.order_items AS i LEFT JOIN shop.orders AS o ON o.id = i.order_id
WHERE o.id IS NULL OR {owned}
UNION ALL
SELECT 'shipments:' || s.id, o.reference, s.carrier
FROM shop.shipments AS s LEFT JOIN shop.orders AS o ON o.id = s.order_id
WHERE o.id IS NULL OR {owned}
