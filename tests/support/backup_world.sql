-- A database with everything that a dump may forget, and a few tables that are big enough for streams of their own.
CREATE SCHEMA "Odd Place";
CREATE SCHEMA "wild.*?|";
CREATE EXTENSION vector;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mood mood NOT NULL DEFAULT 'ok',
    data jsonb, upper_name text GENERATED ALWAYS AS (upper(name)) STORED, best_order bigint
);
CREATE TABLE orders (
    id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, amount numeric(12, 3), at timestamptz,
    note text, wide text, CONSTRAINT small_amount CHECK (amount < 1e9)
);
ALTER TABLE customers ADD CONSTRAINT best FOREIGN KEY (best_order) REFERENCES orders DEFERRABLE INITIALLY DEFERRED;
INSERT INTO customers (name, mood, data)
    SELECT 'customer ' || n, (ARRAY['sad', 'ok', 'happy']::mood[])[1 + n % 3], jsonb_build_object('n', n, 'null', NULL)
    FROM generate_series(1, 4000) AS n;
INSERT INTO orders (customer_id, amount, at, note, wide)
    SELECT 1 + n % 4000, n / 7.0, '2020-01-01'::timestamptz + n * interval '1.000001 s',
        CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'tab\tback\\slash\nline' ELSE 'ünï ☃ ' || n END,
        repeat(md5(n::text), 3)
    FROM generate_series(1, 30000) AS n;
UPDATE customers SET best_order = id WHERE id % 3 = 0;
CREATE INDEX orders_at_idx ON orders (at DESC) INCLUDE (amount) WHERE note IS NOT NULL;
CREATE STATISTICS orders_stats ON customer_id, amount FROM orders;

-- Without a key, with rows that are there twice.
CREATE TABLE log (at timestamptz, line text);
INSERT INTO log SELECT '2024-01-01', 'line ' || n % 50 FROM generate_series(1, 30000) AS n;
CREATE TABLE nothing (id int PRIMARY KEY);
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE "Odd Place"."A ""table"".*" ("Key" text, "key" uuid DEFAULT gen_random_uuid(), p pair, d positive, PRIMARY KEY ("Key", "key"));
INSERT INTO "Odd Place"."A ""table"".*" ("Key", p, d) SELECT repeat(n::text, 20), ROW(n, 'x,"y"')::pair, n FROM generate_series(1, 8000) AS n;
CREATE TABLE "wild.*?|"."$%t" (id int PRIMARY KEY, b bytea, v vector(3), a int[], r int4range, f float8, e interval);
INSERT INTO "wild.*?|"."$%t" SELECT n, decode(md5(n::text), 'hex'), '[1,2,3]', ARRAY[n, NULL, 3], int4range(n, n + 5), 0.1 + n, n * '1 day 2 s'::interval
    FROM generate_series(1, 9000) AS n;

CREATE TABLE measures (id bigint, day date NOT NULL, value float8, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE measures_old PARTITION OF measures FOR VALUES FROM (MINVALUE) TO ('2024-01-01') PARTITION BY HASH (id);
CREATE TABLE measures_old_0 PARTITION OF measures_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE measures_old_1 PARTITION OF measures_old FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE measures_new PARTITION OF measures DEFAULT;
INSERT INTO measures SELECT n, '2023-06-01'::date + n % 500, n / 3.0 FROM generate_series(1, 60000) AS n;
CREATE INDEX ON measures (value);

CREATE TABLE parent (id int PRIMARY KEY, what text);
CREATE TABLE child (more text) INHERITS (parent);
INSERT INTO parent VALUES (1, 'parent');
INSERT INTO child VALUES (1, 'child', 'more');
CREATE UNLOGGED TABLE cache (id int PRIMARY KEY, v text);
INSERT INTO cache VALUES (1, 'x');

CREATE VIEW rich AS SELECT * FROM orders WHERE amount > 4000;
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(amount) AS total FROM orders GROUP BY 1;
CREATE UNIQUE INDEX ON totals (customer_id);
CREATE MATERIALIZED VIEW unfilled AS SELECT count(*) FROM totals WITH NO DATA;
CREATE SEQUENCE down_seq INCREMENT -3 MAXVALUE 100 MINVALUE -1000000 START 100;
SELECT nextval('down_seq'), nextval('down_seq');
CREATE SEQUENCE untouched_seq START 77;

-- Nobody may touch orders without being noticed: a restore must come before this.
CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no new orders'; END$$;
CREATE TRIGGER forbid BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION forbid();
CREATE RULE quiet AS ON DELETE TO log DO INSTEAD NOTHING;
CREATE TABLE secrets (id int PRIMARY KEY, who text, text text);
INSERT INTO secrets SELECT n, CASE n % 2 WHEN 0 THEN 'a' ELSE 'b' END, 'secret ' || n FROM generate_series(1, 10) AS n;
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets USING (who = current_user);
COMMENT ON TABLE orders IS 'what was ordered; it''s "here"';
COMMENT ON COLUMN orders.amount IS 'in euros';

-- Large objects: empty, of many pieces, of a whole number of pieces.
SELECT lo_from_bytea(900001, ''), lo_from_bytea(900002, decode(repeat(md5('lo'), 40000), 'hex')),
    lo_from_bytea(900003, decode(repeat('ab', 524288), 'hex'));
COMMENT ON LARGE OBJECT 900002 IS 'a picture';
