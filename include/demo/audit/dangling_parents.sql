SELECT count(*) FROM shop.orders AS o
WHERE o.parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM shop.orders AS parent WHERE parent.id = o.parent_id)
