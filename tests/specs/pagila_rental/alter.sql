ALTER TABLE rental ALTER COLUMN rental_id TYPE bigint, ADD COLUMN channel text NOT NULL DEFAULT 'web';
CREATE INDEX rental_channel_idx ON rental (channel);
