"""The database that benchmarks move: two large tables, one of middle size, and many small ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SMALL_TABLES = 30
SMALL = """
CREATE TABLE small_{n} (id int PRIMARY KEY, name text);
INSERT INTO small_{n} SELECT x, 'n' || x FROM generate_series(1, 500) AS x
"""
SHOP = """
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, data jsonb);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, name text NOT NULL, amount numeric(10, 2),
                     data jsonb, created_at timestamptz NOT NULL, updated_at timestamptz);
CREATE TABLE events (id bigint PRIMARY KEY, order_id bigint NOT NULL, at timestamptz NOT NULL, body text);
INSERT INTO customers SELECT n, 'customer number ' || n, n || '@example.org', jsonb_build_object('n', n)
    FROM generate_series(1, {rows} / 10) AS n;
INSERT INTO orders SELECT n, 1 + n % ({rows} / 10), 'customer number ' || n, n / 7.0,
       jsonb_build_object('n', n, 'flag', n % 2 = 0), '2020-01-01'::timestamptz + n * interval '1 second', now()
    FROM generate_series(1, {rows}) AS n;
INSERT INTO events SELECT n, 1 + (n * 7) % {rows}, '2020-01-01'::timestamptz + n * interval '1 second',
       repeat(md5(n::text), 3)
    FROM generate_series(1, {rows} / 2) AS n;
CREATE INDEX orders_customer_idx ON orders (customer_id);
CREATE INDEX orders_created_idx ON orders (created_at);
CREATE INDEX events_order_idx ON events (order_id);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE events ADD FOREIGN KEY (order_id) REFERENCES orders;
VACUUM ANALYZE
"""


def fill(run: Callable[[str], Any], rows: int) -> None:
    """Make and fill all tables, statement by statement; ``rows`` orders, half as many events, a tenth of customers."""
    for number in range(SMALL_TABLES):
        run(SMALL.format(n=number))
    for statement in SHOP.format(rows=rows).split(";\n"):
        run(statement)
