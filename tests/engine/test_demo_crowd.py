"""Who writes beside the demo's fleet: pgbench, a session past the pooler, and the row diff between two databases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover_demo import across, crowd, shop
from cutover_demo.crowd import CrowdVerdict
from cutover_demo.direct import Direct
from cutover_demo.errors import WriterSlow
from cutover_demo.pgbench import Pgbench
from localstack.cluster import Cluster
from support.shops import drop_roles

PASSWORD = "only-for-this-test"
FENCE = """
    CREATE FUNCTION shop.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'not live' USING ERRCODE = 'read_only_sql_transaction'; END $$;
    CREATE TRIGGER fence BEFORE INSERT OR UPDATE ON shop.movements EXECUTE FUNCTION shop.refuse();
"""


@pytest.fixture(scope="module")
def loaded(pg16: Cluster) -> Iterator[Cluster]:
    """A database ``crowd_template`` with a shop in it."""
    pg16.create_database("crowd_template")
    with pg16.connect("crowd_template") as db:
        shop.prepare(db, "postgres")
        db.execute(f"alter role {shop.WRITER} login password '{PASSWORD}'")
        shop.load(db, 2000)
    yield pg16
    pg16.drop_database("crowd_template")
    drop_roles(pg16)


@pytest.fixture
def login(loaded: Cluster) -> Iterator[ConnectionInfo]:
    """The application's login to a shop of the test's own."""
    loaded.create_database("crowd", template="crowd_template")
    yield loaded.info("crowd", "crowd", shop.WRITER, PASSWORD)
    loaded.drop_database("crowd")


@pytest.fixture
def db(loaded: Cluster, login: ConnectionInfo) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's session."""
    with loaded.connect(login.dbname) as session:
        yield session


@pytest.fixture
def bench(loaded: Cluster, login: ConnectionInfo, tmp_path: Path) -> Pgbench:
    return Pgbench(loaded.tool("pgbench"), login, tmp_path / "pgbench", tps=400)


def await_(reached: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def one(db: psycopg.Connection[Any], query: str) -> int:
    row = db.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def counts(verdict: CrowdVerdict) -> tuple[int, int, int, int]:
    return verdict.lost, verdict.duplicated, verdict.wrong, verdict.unexplained


def test_every_transaction_of_pgbench_is_accounted_for(bench: Pgbench, db: psycopg.Connection[Any]) -> None:
    with bench:
        await_(lambda: one(db, "SELECT count(*) FROM shop.movements") > 300)
    committed = one(db, "SELECT count(*) FROM shop.movements")
    entries = bench.entries()
    assert {entry.outcome for entry in entries} == {"ack"} and len(entries) == committed
    assert all(0 < entry.seconds < 5 for entry in entries)
    assert abs(max(entry.ended for entry in entries) - time.monotonic_ns()) < 10e9, "times are monotonic ones"
    assert bench.figures()["transactions"] == committed and bench.problems() == []
    assert counts(crowd.judge([bench], db)) == (0, 0, 0, 0)

    with db.transaction(force_rollback=True):
        db.execute("DELETE FROM shop.movements WHERE client = 1 AND seq = 5")
        assert counts(crowd.judge([bench], db)) == (1, 0, 1, 0), "a lost row, and a counter that knows better"
    with db.transaction(force_rollback=True):
        again = "INSERT INTO shop.movements (source, client, seq, product_id) SELECT source, client, seq, product_id"
        db.execute(f"{again} FROM shop.movements WHERE client = 0 AND seq = 7".encode())
        assert counts(crowd.judge([bench], db)) == (0, 1, 1, 0)
    with db.transaction(force_rollback=True):
        db.execute("INSERT INTO shop.movements (source, client, seq, product_id) VALUES ('nobody', 0, 1, 1)")
        assert counts(crowd.judge([bench], db)) == (0, 0, 0, 1)
    with db.transaction(force_rollback=True):
        db.execute("UPDATE shop.stock SET sold = sold - 1 WHERE product_id = 1")
        assert counts(crowd.judge([bench], db)) == (0, 0, 1, 0)


def test_a_client_of_pgbench_that_is_aborted_counts_as_failed(bench: Pgbench, db: psycopg.Connection[Any]) -> None:
    with bench:
        await_(lambda: one(db, "SELECT count(*) FROM shop.movements") > 50)
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'pgbench'"
        assert one(db, ended) == 2
        await_(lambda: bench.figures()["failed"] == 2)
    failed = [entry for entry in bench.entries() if entry.outcome == "failed"]
    assert len(failed) == bench.figures()["failed"] == 2
    assert all("aborted" in (entry.error or "") for entry in failed)
    assert counts(crowd.judge([bench], db)) == (0, 0, 0, 0), "what it was writing just then is of unknown outcome"


def test_pgbench_that_cannot_log_in_is_no_writer(loaded: Cluster, tmp_path: Path) -> None:
    nowhere = loaded.info("x", "no_such_database", shop.WRITER, PASSWORD)
    with pytest.raises(WriterSlow, match="no_such_database"):
        Pgbench(loaded.tool("pgbench"), nowhere, tmp_path / "pgbench").__enter__()


def test_a_direct_session_is_taken_refused_and_taken_again(login: ConnectionInfo, db: psycopg.Connection[Any]) -> None:
    with Direct(login) as direct:
        db.execute(FENCE)
        direct.await_refusal()
        assert direct.stretches[-1][0] == "refused"
        db.execute("DROP TRIGGER fence ON shop.movements")
        await_(lambda: direct.stretches[-1][0] == "taken")
    figures = direct.figures()
    assert [what for what, _ in figures["stretches"]] == ["taken", "refused", "taken"]
    assert figures["taken"] == one(db, "SELECT count(*) FROM shop.movements") and figures["refused"] > 0
    assert direct.problems() == [] and direct.entries() == []
    assert counts(crowd.judge([direct], db)) == (0, 0, 0, 0)
    db.execute("DELETE FROM shop.movements WHERE seq = 1")
    assert counts(crowd.judge([direct], db)) == (1, 0, 0, 0)


def test_another_error_of_the_direct_session_is_a_problem(login: ConnectionInfo, db: psycopg.Connection[Any]) -> None:
    with Direct(login) as direct:
        db.execute("REVOKE INSERT ON shop.movements FROM shop_app")
        await_(lambda: bool(direct.problems()))
    assert "permission denied" in direct.problems()[0]


def test_the_row_diff_between_two_databases_finds_every_difference(
    loaded: Cluster, db: psycopg.Connection[Any]
) -> None:
    loaded.create_database("crowd_other", template="crowd_template")
    try:
        with loaded.connect("crowd_other") as other:
            other.execute("ALTER TABLE shop.orders ADD COLUMN only_there text DEFAULT 'x'")
            other.execute("ALTER TABLE shop.stock ALTER COLUMN sold TYPE bigint")
            assert across.differing(db, other) == (0, [])
            other.execute("UPDATE shop.stock SET sold = 1 WHERE product_id <= 3")
            other.execute("DELETE FROM shop.shipments WHERE id = 1")
            other.execute("INSERT INTO shop.ledger VALUES (1, 1), (1, 1)")
            total, findings = across.differing(db, other)
            assert total == 3 + 1 + 2
            assert "ledger: (1,1) is on the new side alone" in findings
    finally:
        loaded.drop_database("crowd_other")
