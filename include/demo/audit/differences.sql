-- A row diff that knows this one migration by heart and shares nothing with the engine's: the migrated table against
-- the old one that follows it, every column.
SELECT count(*)
FROM shop.orders AS new
FULL JOIN {old} AS old ON old.id = new.id
WHERE (
    new.customer_id, new.parent_id, new.reference, new.external_no, new.status, new.placed_at, new.updated_at,
    new.total, new.discount, new.net, new.recipient_first || ' ' || new.recipient_last, new.note, new.details,
    new.revision
) IS DISTINCT FROM (
    old.customer_id, old.parent_id, old.reference, old.external_no, old.status, old.placed_at AT TIME ZONE 'UTC',
    old.updated_at, old.total, old.discount, old.net, old.shipping_name, old.note, old.details, old.revision
)
