ALTER TABLE invoice ALTER COLUMN invoice_id TYPE bigint, ADD COLUMN total_cents bigint, DROP COLUMN total;
