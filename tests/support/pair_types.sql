CREATE TYPE span AS RANGE (subtype = float8);
CREATE DOMAIN moody AS mood CHECK (VALUE <> 'sad');
CREATE DOMAIN shelves AS text[] CHECK (cardinality(VALUE) < 9);
CREATE TABLE everything (
    id bigint PRIMARY KEY, small smallint, real real, double float8, exact numeric, money money, yes boolean, letter "char",
    fixed char(5), short varchar(10), long text, raw bytea, day date, moment timestamp, instant timestamptz(3), hour time,
    hourz timetz, for_long interval, uuid uuid, doc json, docb jsonb, path jsonpath, bits bit(5), more_bits varbit,
    address inet, net cidr, mac macaddr, point point, box box, polygon polygon, circle circle, vector tsvector, query tsquery,
    numbers int[], grid int[][], names name[], spans int8range, many int4multirange, days daterange[], lsn pg_lsn,
    relation regclass, kind regtype[], oid oid, mood mood, moods mood[], domain moody, shelves shelves, place place,
    places place[], own span, row_of customers
);
INSERT INTO everything VALUES (
    1, -32768, 'NaN', 0.1::float8 + 0.2::float8, 'NaN', 12.34, true, 'x', 'ab', 'é', E'tab\t, \\N and "quotes"\nand a line', '\x00ff',
    '-infinity', '0001-01-01 BC', '2026-01-01 00:00:00.1235+02', '24:00', '12:00+05:30', '-1 year 3 days 00:00:00.000001',
    gen_random_uuid(), '{"a": 1, "a": 2 }', '{"b": [1.10, null]}', '$.a[*]', B'10101', B'1', '10.0.0.1/8',
    '::1/128', '08:00:2b:01:02:03', '(1,2)', '(3,4),(1,2)', '((0,0),(1,1),(1,0))', '<(1,2),3>', 'fat:2A rat:1', 'fat & !rat:*',
    '[0:2]={1,NULL,3}', '{{1,2},{3,4}}', '{a}', '[1,)', '{[1,3),[5,7)}', '{"[2026-01-01,2026-02-01)"}', 'A/BC',
    'orders', '{mood,integer}', 4294967295, 'glad', '{sad,NULL}', 'fine', '{a,b}', ROW('s, "x"', NULL), ARRAY[ROW('a', 1)::place],
    '[0.1,Infinity)', ROW(9, 'n', 'e', NULL, NULL, NULL)
);
INSERT INTO everything (id) VALUES (2);
INSERT INTO everything (id, double, exact, long, real)
    SELECT n, n / 3.0, n / 7.0, repeat('ü', n), n / 3.0 FROM generate_series(3, 300) AS n;
