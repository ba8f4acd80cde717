-- What the demo keeps for itself beside the tables that change their shape.
CREATE SCHEMA demo;
-- One row for each transaction that writes. Without a key: one that is there twice shall be seen.
CREATE TABLE demo.tokens (writer integer NOT NULL, seq integer NOT NULL);
-- Accounts up to this id were there at the start.
CREATE TABLE demo.seeded AS SELECT max(id) AS accounts FROM public.admins;
GRANT USAGE ON SCHEMA demo TO shop_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA demo TO shop_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO shop_app;
-- For the new tables, which the migration makes.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO shop_app
