ALTER TABLE orders ALTER COLUMN id TYPE bigint, ALTER COLUMN parent_id TYPE bigint;
ALTER TABLE orders ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}';
