-- The orders as every version of the shop means them, read from the table that orders_v2 made.
SELECT o.id, o.customer_id, o.reference, parent.reference AS parent, o.external_no, o.status,
    o.placed_at, o.updated_at, o.total, o.discount, o.net,
    o.recipient_first || ' ' || o.recipient_last AS recipient, o.note, o.details, o.revision, o.preferences
FROM shop.orders AS o
LEFT JOIN shop.orders AS parent ON parent.id = o.parent_id
