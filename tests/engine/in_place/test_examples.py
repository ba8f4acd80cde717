"""The shipped examples, on the demo's shop and as the least-privileged role: there, back, there again, finalized."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.flags import FlagClient, FlagStore, Mode
from cutover.flags.role_sql import least_privileges
from cutover.flags.use import Use
from cutover.journal.store import Journal
from cutover.postgres import in_place
from cutover.postgres.dual_write.steps import reads
from cutover.postgres.preflight.roles import online_role
from cutover.spec.loader import load
from cutover.sqlfiles import include_folder
from cutover_demo import shop
from localstack.cluster import Cluster
from support.shops import drop_roles

pytestmark = [pytest.mark.engine, pytest.mark.slow]
ROWS, HAND, PASSWORD = 3000, "in_place_hand", "a secret of the tests"
FACTS = """
SELECT (SELECT md5(string_agg(o::text, '' ORDER BY o.id))
        FROM (SELECT id, {orders} FROM shop.orders WHERE id > 50) AS o),
       (SELECT md5(string_agg(p::text, '' ORDER BY p.id)) FROM (SELECT id, {products} FROM shop.products) AS p),
       (SELECT count(*) FROM shop.{customers})
"""
BEFORE = {"orders": "shipping_name, updated_at", "products": "price", "customers": "customers"}


class Shop:
    """The shop in a database of the test's own, its application, and runs of the examples."""

    def __init__(self, cluster: Cluster, info: ConnectionInfo, journal: Journal) -> None:
        self.cluster, self.journal = cluster, journal
        self.root = info
        self.hand = cluster.info("shop", info.dbname, HAND, PASSWORD)
        self.application = cluster.info("shop", info.dbname, shop.WRITER, PASSWORD)

    def begin(self, name: str, number: int) -> RunContext:
        shipped = load(include_folder() / "migrations" / name)
        quick = shipped.model_copy(update={"watch": shipped.watch.model_copy(update={"duration": timedelta(0)})})
        spec = quick.with_files(shipped.folder, shipped.files)
        run_id = f"{name}.{number}"
        self.journal.begin_run(
            run_id, migration=name, strategy="dual_write", database="x", title="x", spec=spec.snapshot()
        )
        return RunContext(run_id, spec, self.journal, lambda _: self.hand, logging.getLogger("cutover"))

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.root.conninfo(), autocommit=True) as db:
            cursor = db.execute(text.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def world(pg18: Cluster, database: ConnectionInfo, journal: Journal) -> Iterator[Shop]:
    made = Shop(pg18, database, journal)
    with pg18.connect(database.dbname) as db:
        shop.prepare(db, "postgres")
        db.execute(f"alter role {shop.WRITER} login password '{PASSWORD}'")
        shop.load(db, ROWS)
        db.execute(f"REVOKE ALL ON DATABASE {database.dbname} FROM PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        db.execute(online_role(HAND, database.dbname, "shop", shop.OWNER).encode())
        db.execute(least_privileges(HAND, database.dbname, shop.WRITER).encode())
        db.execute(f"ALTER ROLE {HAND} PASSWORD '{PASSWORD}'; GRANT CONNECT ON DATABASE {database.dbname} TO shop_app")
        db.execute(f"GRANT SET ON PARAMETER session_replication_role TO {HAND}")
    yield made
    with pg18.connect(database.dbname) as db:
        db.execute("DROP SCHEMA shop CASCADE")
        db.execute(f"DROP OWNED BY {HAND} CASCADE; DROP OWNED BY {shop.WRITER} CASCADE; DROP ROLE {HAND}")
    drop_roles(pg18)


def orders(db: psycopg.Connection[Any], use: Use, number: int) -> None:
    key, first = 1 + number % 50, f"First{number}"
    if use.writes_old:
        db.execute("UPDATE shop.orders SET shipping_name = %s WHERE id = %s", (f"{first} Last", key))
    else:
        query = "UPDATE shop.orders SET recipient_first = %s, recipient_last = 'Last' WHERE id = %s"
        db.execute(query, (first, key))


def customers(db: psycopg.Connection[Any], use: Use, number: int) -> None:
    name = "customers" if use.writes_old else "clients"
    row = db.execute(f"SELECT name FROM shop.{name} WHERE id = %s", (1 + number % 50,)).fetchone()
    assert row == (f"Customer {1 + number % 50}",)


def products(db: psycopg.Connection[Any], use: Use, number: int) -> None:
    column = "price" if use.writes_old else "price_cents"
    assert db.execute(f"SELECT {column} FROM shop.products WHERE id = %s", (1 + number % 50,)).rowcount == 1


class Application(threading.Thread):
    """Works under the flag, as the shop's own role, until it is told to stop."""

    def __init__(self, world: Shop, name: str, work: Callable[[psycopg.Connection[Any], Use, int], None]) -> None:
        super().__init__(daemon=True)
        FlagStore(world.hand).create(name)
        self.world, self.work = world, work
        self.client = FlagClient(world.application, name, application="shop")
        self.over, self.failed, self.done = threading.Event(), list[str](), 0

    def run(self) -> None:
        with self.client, psycopg.connect(self.world.application.conninfo()) as db:
            while not self.over.wait(0.01):
                try:
                    with self.client.use() as use, db.transaction():
                        self.work(db, use, self.done)
                        use.check()
                except Exception as error:
                    self.failed.append(f"{type(error).__name__}: {error}")
                self.done += 1

    def stop(self) -> None:
        self.over.set()
        self.join(20)


def there(ctx: RunContext) -> None:
    in_place.preflight(ctx)
    in_place.build(ctx)
    in_place.write_both(ctx)
    in_place.backfill(ctx)
    checks = in_place.verify(ctx)
    reads.move(ctx, 0)
    reads.move(ctx, 100)
    in_place.new_only(ctx)
    checks += in_place.watch(ctx)
    assert all(check["ok"] for check in checks), checks


# What works under the flag, and where the same is found afterwards.
EXAMPLES: dict[str, tuple[Callable[[psycopg.Connection[Any], Use, int], None], dict[str, str]]] = {
    "orders_recipient": (
        orders,
        {"orders": "recipient_first || ' ' || recipient_last AS shipping_name, updated_at"},
    ),
    "products_cents": (products, {"products": "(price_cents / 100.0)::numeric(10, 2) AS price"}),
    "customers_renamed": (customers, {"customers": "clients"}),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_there_and_back_and_there_again(world: Shop, name: str) -> None:
    """What the application leaves alone is the same to the last value, also when it was changed last."""
    work, after = EXAMPLES[name]
    application = Application(world, name, work)
    before = world.sql(FACTS.format(**BEFORE))
    application.start()
    try:
        first = world.begin(name, 1)
        there(first)
        in_place.roll_back(first)
        assert world.sql(FACTS.format(**BEFORE)) == before
        world.journal.set_state(first.run_id, "rolled_back")
        again = world.begin(name, 2)
        there(again)
        in_place.finalize(again)
        assert FlagStore(world.hand).get(name).mode is Mode.NEW_ONLY
    finally:
        application.stop()
    assert application.failed == [] and application.done > 20
    assert world.sql(FACTS.format(**{**BEFORE, **after})) == before
    with pytest.raises((psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable)):
        world.sql(FACTS.format(**BEFORE))
