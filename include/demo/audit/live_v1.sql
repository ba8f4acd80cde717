-- The orders as every version of the shop means them, read from the table as it was before orders_v2.
SELECT o.id, o.customer_id, o.reference, parent.reference AS parent, o.external_no, o.status,
    o.placed_at AT TIME ZONE 'UTC' AS placed_at, o.updated_at, o.total, o.discount, o.net,
    o.shipping_name AS recipient, o.note, o.details, o.revision, '{}'::jsonb AS preferences
FROM shop.orders AS o
LEFT JOIN shop.orders AS parent ON parent.id = o.parent_id
