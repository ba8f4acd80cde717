"""The demo's ledger must notice everything that a migration can do wrong, and nothing else.

Writers run against a real shop once; each test then tampers with it inside a transaction that is taken back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cutover.context import RunContext
from cutover.journal.store import Journal
from cutover.postgres import online
from cutover.spec.loader import load
from cutover.sqlfiles import include_folder
from cutover_demo import audit, shop
from cutover_demo.errors import WriterDied
from cutover_demo.fleet import Fleet
from cutover_demo.ledger import Ledger
from cutover_demo.operations import KINDS
from cutover_demo.reconcile import reconcile
from cutover_demo.verdict import Verdict
from localstack.cluster import Cluster
from support.shops import drop_roles

ROWS = 5000
PASSWORD = "only-for-this-test"


@dataclasses.dataclass
class Shop:
    """A loaded shop, and a fleet that has not been started."""

    cluster: Cluster
    name: str
    before: tuple[int, str]
    fleet: Fleet

    def connect(self, **more: Any) -> psycopg.Connection[Any]:
        return self.cluster.connect(self.name, **more)

    def verdict(self, db: psycopg.Connection[Any]) -> Verdict:
        return reconcile(Ledger.read(self.fleet.ledger), audit.observe(db, self.before))


@contextlib.contextmanager
def a_shop(cluster: Cluster, name: str, folder: Path) -> Iterator[Shop]:
    cluster.create_database(name)
    try:
        with cluster.connect(name) as db:
            shop.prepare(db, "postgres")
            db.execute(f"alter role {shop.WRITER} login password '{PASSWORD}'")
            shop.load(db, ROWS)
            before = audit.untouched(db)
        login = cluster.info(dbname=name, user=shop.WRITER, password=PASSWORD).conninfo()
        yield Shop(cluster, name, before, Fleet(login, folder / "ledger", writers=2, tps=2000))
    finally:
        cluster.drop_database(name)
        drop_roles(cluster)


@pytest.fixture(scope="module")
def written(pg16: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop after 1500 transactions of two writers."""
    with a_shop(pg16, "written_shop", tmp_path_factory.mktemp("written")) as made:
        with made.fleet.writing():
            made.fleet.await_commits(1500)
        yield made


@pytest.fixture
def fresh(pg16: Cluster, tmp_path: Path) -> Iterator[Shop]:
    """A shop that nobody has written to."""
    with a_shop(pg16, "fresh_shop", tmp_path) as made:
        yield made


@dataclasses.dataclass
class Tamper:
    """Runs statements behind the writers' back, past all triggers and keys, in a transaction that is taken back."""

    written: Shop
    db: psycopg.Connection[Any]

    def __call__(self, statement: str, *parameters: object, rows: int = 1) -> Verdict:
        assert self.db.execute(statement, parameters or None).rowcount == rows
        return self.written.verdict(self.db)

    def one(self, query: str) -> Any:
        found = self.db.execute(query).fetchone()
        assert found is not None, f"the writers left nothing for: {query}"
        return found[0]


@pytest.fixture
def tamper(written: Shop) -> Iterator[Tamper]:
    """Change what the writers left, and get the verdict on it."""
    with written.connect(autocommit=False) as db:
        db.execute("set session_replication_role = replica")
        db.execute("alter table shop.orders drop constraint orders_pkey cascade")
        db.execute("alter table shop.order_items drop constraint order_items_pkey")
        yield Tamper(written, db)
        db.rollback()


def counts(verdict: Verdict) -> tuple[int, int, int, int]:
    return verdict.lost, verdict.duplicated, verdict.wrong, verdict.unexplained


def test_an_untampered_shop_is_clean_and_saw_every_kind_of_change(written: Shop) -> None:
    with written.connect() as db:
        verdict = written.verdict(db)
    assert (counts(verdict), verdict.findings) == ((0, 0, 0, 0), [])
    assert verdict.acknowledged >= 1500
    assert written.fleet.failed == 0
    seen = {entry.kind for entry in Ledger.read(written.fleet.ledger).entries}
    assert seen == {name for name, kind in KINDS.items() if kind.release == 1}
    assert verdict.undone > 0


def test_a_lost_row_is_found(tamper: Tamper) -> None:
    victim = tamper.one("select id from shop.orders where reference ~ '^W' and revision = 1")
    found = tamper("delete from shop.orders where id = %s", victim)
    assert found.lost == 1
    assert any("is missing" in finding for finding in found.findings)


def test_a_lost_row_takes_its_load_and_every_change_with_it(tamper: Tamper) -> None:
    own = tamper.one("select reference from shop.orders where reference ~ '^S-' and revision > 0 order by revision")
    revision = tamper.one(f"select revision from shop.orders where reference = '{own}'")
    assert tamper("delete from shop.orders where reference = %s", own).lost == revision + 1


def test_a_duplicated_row_is_found(tamper: Tamper) -> None:
    copy = """
        insert into shop.orders (id, customer_id, reference, total, placed_at, revision)
        select id, customer_id, reference, total, placed_at, revision from shop.orders where reference = %s
    """
    victim = tamper.one("""
        select reference from shop.orders o where reference ~ '^W'
        and not exists (select from shop.order_items where order_id = o.id)
        and not exists (select from shop.shipments where order_id = o.id)
    """)
    assert tamper(copy, victim).duplicated == 1


def test_a_wrong_value_is_found_and_named(tamper: Tamper) -> None:
    victim = tamper.one("select reference from shop.orders where revision > 1")
    found = tamper("update shop.orders set total = total + 0.01 where reference = %s", victim)
    assert counts(found) == (0, 0, 1, 0)
    assert found.findings[0].startswith(f"order {victim}: net is ")
    assert "; total is " in found.findings[0]


def test_null_is_not_an_empty_text(tamper: Tamper) -> None:
    victim = tamper.one("select reference from shop.orders where note is null and reference ~ '^W'")
    assert counts(tamper("update shop.orders set note = '' where reference = %s", victim)) == (0, 0, 1, 0)


def test_a_lost_update_is_found(tamper: Tamper) -> None:
    victim = tamper.one("select reference from shop.orders where revision > 2")
    found = tamper("update shop.orders set revision = revision - 2 where reference = %s", victim)
    assert counts(found) == (2, 0, 0, 0)


def test_an_update_applied_twice_is_found(tamper: Tamper) -> None:
    victim = tamper.one("select reference from shop.orders where revision > 1")
    found = tamper("update shop.orders set revision = revision + 1 where reference = %s", victim)
    assert counts(found) == (0, 1, 0, 0)


def test_a_deleted_row_that_came_back_is_found(tamper: Tamper) -> None:
    ledger = Ledger.read(tamper.written.fleet.ledger)
    deleted = next(
        reference
        for entry in ledger.entries
        if entry.kind == "delete" and entry.outcome == "ack"
        for reference, row in entry.effects.orders.items()
        if row is None and reference in ledger.seeds.orders
    )
    ghost = "insert into shop.orders (id, customer_id, reference, total, revision) values (1, 1, %s, 1, 99)"
    assert tamper(ghost, deleted).lost == 1


def test_a_row_that_no_transaction_made_is_found(tamper: Tamper) -> None:
    ghost = "insert into shop.orders (id, customer_id, reference, total, revision) values (-1, 1, 'W0-none', 1, 1)"
    assert counts(tamper(ghost)) == (0, 0, 0, 1)


def test_a_commit_that_left_no_trace_is_found(tamper: Tamper) -> None:
    seq = tamper.one("select seq from shop.ledger where writer = 1")
    assert counts(tamper("delete from shop.ledger where writer = 1 and seq = %s", seq)) == (1, 0, 0, 0)


def test_a_commit_that_happened_twice_is_found(tamper: Tamper) -> None:
    again = "insert into shop.ledger select * from shop.ledger where writer = 0 limit 1"
    assert counts(tamper(again)) == (0, 1, 0, 0)


def test_a_commit_of_a_transaction_that_was_rolled_back_is_found(tamper: Tamper) -> None:
    ledger = Ledger.read(tamper.written.fleet.ledger)
    undone = next(entry for entry in ledger.entries if entry.outcome == "undone")
    found = tamper("insert into shop.ledger values (%s, %s)", undone.writer, undone.seq)
    assert counts(found) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "update shop.orders set updated_at = updated_at + interval '1 microsecond' where reference = 'S-8'",
        "update shop.orders set note = note || ' ' where reference = 'S-8'",
        "delete from shop.orders where reference = 'S-9'",
    ],
)
def test_a_change_of_a_row_that_nobody_touched_is_found(tamper: Tamper, statement: str) -> None:
    assert tamper(statement).wrong == 1


def test_lost_doubled_and_orphaned_children_are_found(tamper: Tamper) -> None:
    child = tamper.one(
        "select i.id from shop.order_items i join shop.orders o on o.id = i.order_id where o.reference ~ '^W'",
    )
    doubled = "insert into shop.order_items overriding system value select * from shop.order_items where id = %s"
    assert counts(tamper(doubled, child)) == (0, 1, 0, 0)
    assert counts(tamper("delete from shop.order_items where id = %s", child, rows=2)) == (1, 0, 0, 0)
    orphan = "insert into shop.order_items (order_id, product_id, quantity) values (-5, 1, 1)"
    assert counts(tamper(orphan)) == (1, 0, 0, 1)


def test_errors_are_counted_and_writers_go_on(fresh: Shop) -> None:
    """Sessions ended by force, again and again: the application sees errors, the ledger stays exact."""
    with fresh.connect() as db, fresh.fleet.writing() as fleet:
        for _ in range(10):
            fleet.await_commits(20)
            db.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop_app'")
        fleet.await_commits(20)
    with fresh.connect() as db:
        verdict = fresh.verdict(db)
    assert fleet.failed > 0
    assert (counts(verdict), verdict.findings) == ((0, 0, 0, 0), [])


def test_the_shop_works_before_and_after_the_migration(fresh: Shop) -> None:
    """The layout changes in one transaction under the writers' hands; the second release uses what is new."""
    with fresh.connect(autocommit=False) as db, fresh.fleet.writing() as fleet:
        fleet.await_commits(100)
        _migrate_in_place(db)
        fleet.await_commits(100)
        fleet.release(2)
        fleet.await_commits(300)
        assert audit.release(db) == 2
    with fresh.connect() as db:
        verdict = fresh.verdict(db)
        errors = [entry.error for entry in Ledger.read(fleet.ledger).entries if entry.error]
        assert (fleet.failed, errors) == (0, [])
        assert (counts(verdict), verdict.findings) == ((0, 0, 0, 0), [])
        renamed = db.execute("select count(*) from shop.orders where preferences ? 'gift'").fetchone()
        assert renamed is not None and renamed[0] > 0
        db.execute("update shop.orders set preferences = '{}' where preferences ? 'gift'")
        assert fresh.verdict(db).wrong == renamed[0]


@pytest.mark.timeout(120)
def test_the_engine_migrates_the_shop_and_back_under_its_writers(fresh: Shop, journal: Journal) -> None:
    """All of the online strategy without Airflow, which is what the demo shows with it."""
    spec = load(include_folder() / "migrations" / "orders_v2")
    run = journal.begin_run(
        "orders_v2.1", migration=spec.name, strategy="online", database="shop", title=spec.title, spec=spec.snapshot()
    )
    ctx = RunContext(run.run_id, spec, journal, lambda _: fresh.cluster.info(dbname=fresh.name))
    with fresh.connect() as db, fresh.fleet.writing() as fleet:
        fleet.await_commits(200)
        for step in (online.build, online.backfill, online.index, online.catch_up, online.swap, online.settle):
            step(ctx)
        assert audit.release(db) == 2
        fleet.release(2)
        fleet.await_commits(400)
        fleet.release(1)
        assert online.roll_back(ctx)["row_diff"] == 0
        fleet.await_commits(200)
        assert audit.release(db) == 1
    with fresh.connect() as db:
        verdict = fresh.verdict(db)
    errors = [entry.error for entry in Ledger.read(fleet.ledger).entries if entry.error]
    assert (fleet.failed, errors) == (0, [])
    assert (counts(verdict), verdict.findings) == ((0, 0, 0, 0), [])


def _migrate_in_place(db: psycopg.Connection[Any]) -> None:
    """What the online strategy does, done the crude way: everything waits while the table is rewritten."""
    db.execute("set search_path = shop")
    _lock(db, "orders, order_items, shipments")
    db.execute("create temp table names on commit drop as select id, shipping_name from orders")
    db.execute("drop view open_orders_by_customer, open_orders")
    db.execute((include_folder() / "migrations" / "orders_v2" / "alter.sql").read_text())
    db.execute("set local session_replication_role = replica")
    db.execute(
        "update orders o set recipient_first = split_part(n.shipping_name, ' ', 1), "
        "recipient_last = split_part(n.shipping_name, ' ', 2) from names n where n.id = o.id"
    )
    db.execute("create view open_orders as select id, reference, net, status from orders where status = 'open'")
    db.execute("grant select on open_orders to shop_app")
    db.commit()


def _lock(db: psycopg.Connection[Any], tables: str) -> None:
    """Give up before the server's deadlock check would choose a victim, and try again."""
    db.execute("set lock_timeout = '200ms'")
    while True:
        with contextlib.suppress(psycopg.errors.LockNotAvailable), db.transaction():
            db.execute(f"lock table {tables}")
            return


def test_a_writer_that_dies_is_noticed(fresh: Shop) -> None:
    with pytest.raises(WriterDied, match=r"writer-\d ended with -9"), fresh.fleet.writing() as fleet:
        fleet.await_commits(10)
        victim = next(process.pid for process in fleet._processes if process.pid)
        os.kill(victim, signal.SIGKILL)
        fleet.await_commits(10**9)
    with fresh.connect() as db:
        assert counts(fresh.verdict(db)) == (0, 0, 0, 0)
