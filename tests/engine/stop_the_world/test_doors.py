"""The doors: who waits, who is turned away, who is ended, and that nobody gets round them."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

import psycopg
import pytest

from cutover import points
from cutover.errors import Cancelled
from cutover.hooks import HookFailed
from cutover.postgres import stop_the_world
from cutover.postgres.stop_the_world.errors import NotClosed
from cutover.routing.pgbouncer import PgBouncerRouter
from localstack.cluster import Cluster
from support.making import MakeStage
from support.pair_link import APP, Clients
from support.window_stage import Stage

pytestmark = pytest.mark.timeout(200)


def pooled(stage: Stage) -> psycopg.Connection[Any]:
    info = stage.pooler.info("x", stage.dbname, APP).conninfo(connect_timeout=10)
    return psycopg.connect(info, autocommit=True, prepare_threshold=None)


def test_clients_that_are_held_wait_and_go_on(in_place: Stage) -> None:
    with Clients(in_place) as clients:
        in_place.forward(until="close")
        router = PgBouncerRouter(in_place.pooler.console("link_pooler", in_place.dbname))
        ends = time.monotonic() + 10
        while router.traffic().waiting < 4:
            assert time.monotonic() < ends, "all four wait"
        router.close()
        assert stop_the_world.status(in_place.ctx)["doors"] == "closed"
        in_place.back()
        clients.await_commits(20)
    assert clients.failed == []
    clients.check(in_place, "blue")


def test_clients_that_are_refused_are_told_at_once_and_come_back(make_stage: MakeStage, pg18: Cluster) -> None:
    stage = make_stage(pg18, None, cutover={"drain": "2s", "clients": "refuse"})
    with Clients(stage) as clients:
        figures = stage.forward(until="close")
        assert figures["clients"] == "refuse"
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            pooled(stage)
        assert time.monotonic() - began < 2, "nobody waits"
        stop_the_world.save(stage.ctx, stage.vault)
        stop_the_world.migrate(stage.ctx)
        failed = len(clients.failed)
        stop_the_world.open_doors(stage.ctx)
        clients.await_commits(30)
        assert len(clients.failed) <= failed + 4, "none afterwards"
    clients.check(stage, "blue")
    with pooled(stage) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)


def test_a_transaction_gets_its_time_and_is_then_ended_by_name(make_stage: MakeStage, pg18: Cluster) -> None:
    stage = make_stage(pg18, None, cutover={"drain": "3s"})
    with stage.direct(application_name="the night job") as lasting, stage.direct() as quick, pooled(stage) as held:
        for db in (lasting, quick, held):
            db.execute("BEGIN")
            db.execute("UPDATE account SET balance = balance + 1 WHERE id = 1" if db is quick else "SELECT 1")
        lasting.execute("UPDATE account SET balance = -5 WHERE id = 2")

        def commit() -> None:
            time.sleep(1)
            quick.execute("COMMIT")
            held.execute("COMMIT")

        thread = threading.Thread(target=commit)
        thread.start()
        figures = stage.forward(until="close")
        thread.join()
        assert 3 <= figures["seconds"] < 10
        assert any("the night job" in name for name in figures["ended"])
        with pytest.raises(psycopg.OperationalError):
            lasting.execute("SELECT 1")
    assert stage.one("blue", "SELECT balance FROM account WHERE id = 1") == 1, "it had its time"
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'link_app'"
    assert stage.one("blue", sessions) == 0
    stage.back()
    assert stage.left() == []


ROUND = [
    "SET session_replication_role = replica",
    "SET default_transaction_read_only = off",
    "ALTER TABLE account DISABLE TRIGGER ALL",
    "SELECT pg_advisory_unlock_all()",
    "SET ROLE NONE",
]


def test_no_direct_session_gets_round_the_doors(in_place: Stage, pg18: Cluster) -> None:
    in_place.forward(until="close")
    for statement in [None, *ROUND]:
        with in_place.direct() as db:
            if statement:
                with contextlib.suppress(psycopg.Error):
                    db.execute(statement)
            for write in (
                "INSERT INTO entry (account, token) VALUES (1, 'x')",
                "UPDATE account SET balance = 5",
                "DELETE FROM entry",
            ):
                with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                    db.execute(write)
            copying = db.cursor().copy("COPY entry (account, token) FROM STDIN")
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), copying as copy:
                copy.write_row((1, "x"))
    # Not even whoever applies changes for a subscription: nobody writes.
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        in_place.sql("blue", "SET session_replication_role = replica; UPDATE account SET balance = 5")
    in_place.back()
    assert in_place.writable("blue")


def test_what_cannot_be_closed_is_open_again(in_place: Stage, pg18: Cluster) -> None:
    with Clients(in_place) as clients:
        shutting = "cutover.postgres.stop_the_world.shutting.LOCK_PATIENCE"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shutting, 0.5)
            in_place.sql("blue", "BEGIN; LOCK TABLE account IN ROW EXCLUSIVE MODE; PREPARE TRANSACTION 'forgotten'")
            try:
                with pytest.raises(NotClosed, match="prepared transaction"):
                    stop_the_world.close(in_place.ctx)
            finally:
                in_place.sql("blue", "ROLLBACK PREPARED 'forgotten'")
        clients.await_commits(30)
        assert in_place.leads_to() == "blue"
        assert in_place.writable("blue")
        assert stop_the_world.status(in_place.ctx)["doors"] == "open"
    clients.check(in_place, "blue")
    in_place.back()
    assert in_place.left() == []


def test_an_operator_who_stops_the_closing_finds_them_open(in_place: Stage) -> None:
    with Clients(in_place) as clients:
        points.on("stw.close.fenced", in_place.ctx.cancel.cancel)
        try:
            with pytest.raises(Cancelled):
                stop_the_world.close(in_place.ctx)
        finally:
            points.on("stw.close.fenced", None)
        clients.await_commits(30)
    assert in_place.leads_to() == "blue"


def test_hooks_at_their_moments(make_stage: MakeStage, pg18: Cluster, tmp_path: Any) -> None:
    said = tmp_path / "said"
    moments = ("closing", "closed", "migrated", "opening", "opened", "rolled_back")
    command = ["/bin/sh", "-c", f"echo $CUTOVER_MOMENT >> {said}"]
    stage = make_stage(pg18, None, hooks=[{"when": m, "command": [*command], "timeout": "10s"} for m in moments])
    stage.forward()
    assert said.read_text().split() == ["closing", "closed", "migrated", "opening", "opened"]
    stage.back()
    assert said.read_text().split()[5:] == ["closing", "closed", "opening", "rolled_back"]


def test_a_hook_that_fails_keeps_the_doors_open(make_stage: MakeStage, pg18: Cluster) -> None:
    hook = {"when": "closed", "command": ["/bin/false"], "timeout": "10s"}
    stage = make_stage(pg18, None, hooks=[hook])
    with Clients(stage) as clients:
        with pytest.raises(HookFailed):
            stop_the_world.close(stage.ctx)
        clients.await_commits(20)
    assert stage.writable("blue")
    assert clients.failed == []
    stage.back()
    assert stage.left() == []


def test_without_a_router_the_fence_alone_closes(make_stage: MakeStage, pg18: Cluster) -> None:
    stage = make_stage(pg18, None, router=None)
    figures = stage.forward(until="close")
    assert figures["clients"] == "fenced"
    assert not stage.writable("blue")
    opened = stage_open(stage)
    assert opened["served"] is False
    assert stage.writable("blue")
    stop_the_world.finalize(stage.ctx)
    assert stage.left() == []


def stage_open(stage: Stage) -> dict[str, Any]:
    stop_the_world.save(stage.ctx, stage.vault)
    stop_the_world.migrate(stage.ctx)
    return stop_the_world.open_doors(stage.ctx)
