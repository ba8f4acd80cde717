"""A window in place: the live database is migrated behind closed doors, and its rollback point brings it back."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from cutover.postgres import stop_the_world
from cutover.postgres.backup.refusals import OtherKey, PartDamaged
from cutover.postgres.stop_the_world import gate
from cutover.postgres.stop_the_world.errors import NotReady, NoVault, PreflightFailed, UpFailed, WouldLose
from localstack.cluster import Cluster
from support.making import MakeStage
from support.pair_link import APP, Clients
from support.window_stage import Stage

pytestmark = pytest.mark.timeout(300)


def decorate(stage: Stage) -> None:
    """Give the database what no dump of a schema has."""
    stage.sql("blue", f"ALTER DATABASE {stage.dbname} SET work_mem = '5MB'")
    stage.sql("blue", f"ALTER ROLE {APP} IN DATABASE {stage.dbname} SET search_path = public, pg_temp")
    stage.sql("blue", f"COMMENT ON DATABASE {stage.dbname} IS 'it''s ours'")
    stage.sql("blue", f"REVOKE CONNECT ON DATABASE {stage.dbname} FROM PUBLIC")
    stage.sql("blue", f"GRANT CONNECT, TEMPORARY ON DATABASE {stage.dbname} TO {APP}")


def test_there_back_by_restore_and_there_again(in_place: Stage) -> None:
    decorate(in_place)
    with Clients(in_place) as clients:
        in_place.forward(until="verify")
        assert not in_place.writable("blue")
        assert in_place.leads_to() == "paused blue"
        closed = in_place.fingerprint()
        assert "country" in str(closed["columns"])
        done = in_place.back()
        clients.await_commits(30)
        assert done["was_swapped"]
        assert done["restored"]
        assert "country" not in str(in_place.fingerprint()["columns"])
        assert in_place.left() == []
        in_place.again()
        opened = in_place.forward()
        clients.await_commits(30)
        assert opened["served"]
        assert [check for check in stop_the_world.watch(in_place.ctx) if not check["ok"]] == []
    assert clients.failed == []
    clients.check(in_place, "blue")
    assert in_place.writable("blue")
    stop_the_world.finalize(in_place.ctx)
    assert in_place.left() == []


def test_everything_is_as_it_was(in_place: Stage) -> None:
    decorate(in_place)
    in_place.sql("blue", "SELECT nextval('downwards'), nextval('untouched')")
    before = in_place.fingerprint()
    opened = in_place.forward()
    began = time.monotonic()
    done = in_place.back()
    assert (done["lost"], done["was_swapped"]) == (None, True)
    assert not opened["served"], "nobody was there: looking for somebody is no downtime"
    assert 0 < opened["downtime_s"] < gate.SERVED_WITHIN
    assert 0 < done["downtime_s"] < time.monotonic() - began, "from its own closing of the doors"
    assert in_place.fingerprint() == before
    assert in_place.left() == []


def test_sql_that_fails_leaves_the_database_as_it_was(make_stage: MakeStage, pg18: Cluster) -> None:
    stage = make_stage(pg18, None, up="UPDATE account SET balance = 7; ALTER TABLE entry ADD CHECK (account > 99);"
                                      " INSERT INTO entry (id, account, token) VALUES (1, 1, 'x')")  # fmt: skip
    before = stage.fingerprint()
    stage.forward(until="save")
    with pytest.raises(UpFailed, match=r"statement 3, .*violates check constraint"):
        stop_the_world.migrate(stage.ctx)
    assert not stage.writable("blue"), "the doors are closed still"
    done = stage.back()
    assert (done["restored"], done["was_swapped"]) == (None, False)
    assert stage.fingerprint() == before
    assert stage.left() == []


def test_nothing_is_migrated_without_a_way_back(in_place: Stage) -> None:
    with pytest.raises(NotReady, match="doors are open"):
        stop_the_world.migrate(in_place.ctx)
    in_place.forward(until="close")
    with pytest.raises(NotReady, match="no rollback point"):
        stop_the_world.migrate(in_place.ctx)
    with pytest.raises(NoVault):
        stop_the_world.save(in_place.ctx)
    in_place.back()
    assert in_place.left() == []


def test_what_was_written_since_is_named_and_kept(in_place: Stage) -> None:
    in_place.forward()
    in_place.sql("blue", "INSERT INTO audit (what) VALUES ('new'); DELETE FROM account WHERE id = 50")
    with pytest.raises(WouldLose, match=r"2 rows written in .*public\.a"):
        in_place.back()
    assert in_place.writable("blue")
    done = in_place.back(accept_loss=True)
    assert done["lost"]["rows"] >= 2
    assert in_place.vault.store.names(str(done["kept"]))
    assert in_place.one("blue", "SELECT count(*) FROM account") == 50
    assert in_place.left() == []


def test_a_bad_point_is_refused_before_anything_is_touched(in_place: Stage) -> None:
    in_place.forward()
    store, point = in_place.vault.store, in_place.journal.events(in_place.ctx.run_id, kind="backup")[-1].text.split()[2]
    part = next(name for name in store.names(point) if name.endswith(".age"))
    file = store.folder / part  # type: ignore[attr-defined]
    good = file.read_bytes()
    file.write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])
    with pytest.raises((PartDamaged, OtherKey)):
        in_place.back()
    assert in_place.leads_to() == "blue"
    assert "country" in str(in_place.fingerprint()["columns"])
    file.write_bytes(good)
    in_place.back()
    assert in_place.left() == []


def test_a_stray_reader_does_not_keep_the_migration_waiting(in_place: Stage) -> None:
    in_place.forward(until="save")
    with in_place.direct() as stray:
        stray.execute("BEGIN")
        stray.execute("SELECT count(*) FROM account")
        stop_the_world.migrate(in_place.ctx)
        with pytest.raises(psycopg.OperationalError):
            stray.execute("SELECT 1")
    in_place.verified(in_place.ctx)
    in_place.back()


def test_nobody_writes_while_the_fence_is_lowered_for_the_migration(in_place: Stage) -> None:
    """Writers that come in the middle of it wait for its end, and are refused then."""
    from cutover import points

    in_place.forward(until="save")
    said: list[str] = []

    def write() -> None:
        with in_place.direct() as db:
            try:
                db.execute("INSERT INTO entry (account, token) VALUES (1, 'stray')")
                said.append("written")
            except psycopg.Error as error:
                said.append(type(error).__name__)

    threads = [threading.Thread(target=write) for _ in range(3)]

    def strike() -> None:
        for thread in threads:
            thread.start()

    points.on("stw.migrate.lowered", strike)
    try:
        stop_the_world.migrate(in_place.ctx)
    finally:
        points.on("stw.migrate.lowered", None)
    for thread in threads:
        thread.join()
    assert set(said) <= {"ReadOnlySqlTransaction", "AdminShutdown"} and len(said) == 3
    in_place.verified(in_place.ctx)
    assert in_place.one("blue", "SELECT count(*) FROM entry") == 0
    in_place.back()


def test_sql_that_cannot_run_is_found_before_anything_closes(make_stage: MakeStage, pg18: Cluster) -> None:
    stage = make_stage(pg18, None, up="ALTER TABLE account ADD COLUMN a int;\nALTER TABLE nobody ADD COLUMN a int")
    with pytest.raises(PreflightFailed, match=r"\[BG057\].*nobody.* does not exist"):
        stop_the_world.preflight(stage.ctx)
    assert stage.left() == []


def test_preflight_and_forecast(in_place: Stage) -> None:
    assert not [finding for finding in stop_the_world.preflight(in_place.ctx) if finding.severity == "error"]
    in_place.forward(until="save")
    found = stop_the_world.estimate(in_place.ctx)
    assert {"save", "migrate", "verify"} <= set(found["parts"])
    assert stop_the_world.status(in_place.ctx)["doors"] == "closed"
    in_place.back()
