"""The last resort of every strategy: its database taken back to a rollback point, and what that loses, said before."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cutover import points, strategies
from cutover.cli.main import main
from cutover.connections import ConnectionInfo
from cutover.postgres import blue_green, last_resort, online, stop_the_world
from cutover.postgres.backup import take
from cutover.postgres.backup.refusals import ForeignDatabase, OtherKey, PartDamaged, PointUnknown
from cutover.postgres.last_resort.errors import LossNotAccepted, OthersInTheWay, PointWithoutRows
from cutover.postgres.stop_the_world import saving
from cutover.postgres.stop_the_world.errors import NoVault
from localstack.cluster import Cluster
from support import children
from support.connections import Connections
from support.making import MakeStage
from support.pair_link import Clients
from support.window_stage import Stage

pytestmark = pytest.mark.timeout(300)
WAIT = 180
ALTER = "ALTER TABLE account ADD COLUMN country text NOT NULL DEFAULT 'DE'"
ONLINE: dict[str, Any] = {
    "strategy": "online",
    "router": None,
    "schema": None,
    "rollback": None,
    "tables": [{"name": "public.account", "alter": "alter.sql"}],
    "files": {"alter.sql": ALTER},
    "backup": {"take": True, "verify": "checksum"},
}
BLUE_GREEN: dict[str, Any] = {"strategy": "blue_green", "backup": {"take": True, "verify": "checksum"}}
LATE = """
INSERT INTO account (owner, balance) SELECT 'late', 0 FROM generate_series(1, 3);
UPDATE account SET owner = 'changed' WHERE id IN (1, 2);
DELETE FROM account WHERE id = 50;
INSERT INTO entry (account, token) VALUES (1, 'late');
"""
BEGUN = ["last.begun", "stw.close.fenced", "last.shut", "last.kept", "stw.swap.renaming"]
SWAPPED = ["last.swapped", "stw.reopen.given", "last.opened", "last.remembered", "last.unsubscribed", "last.cleaned"]


def make(make_stage: MakeStage, request: pytest.FixtureRequest, strategy: str) -> Stage:
    old, new = request.getfixturevalue("pg16"), request.getfixturevalue("pg18")
    if strategy == "blue_green":
        return make_stage(old, new, **BLUE_GREEN)
    return make_stage(new, None, **(ONLINE if strategy == "online" else {}))


def forward(stage: Stage, *, cut_over: bool = True) -> str:
    """Take the run's rollback point, then run the strategy to its window, or to just before it; returns the point."""
    point = str(last_resort.back_up(stage.ctx, stage.vault)["point"])
    if stage.ctx.spec.strategy == "online":
        for step in (online.build, online.backfill, online.index, online.catch_up):
            step(stage.ctx)
        if cut_over:
            online.swap(stage.ctx)
            online.settle(stage.ctx)
    elif stage.ctx.spec.strategy == "blue_green":
        for part in (blue_green.build, blue_green.copy, blue_green.index, blue_green.follow):
            part(stage.ctx)
        if cut_over:
            blue_green.cut_over(stage.ctx)
    else:
        stage.forward(until="open_doors" if cut_over else "verify")
    return point


def live(stage: Stage) -> Any:
    return "green" if stage.ctx.spec.strategy == "blue_green" and stage.leads_to() == "green" else "blue"


def restore(stage: Stage, point: str) -> dict[str, Any]:
    return last_resort.restore(stage.ctx, point, stage.vault, accept_loss=True)


@pytest.mark.parametrize("strategy", ["online", "blue_green", "stop_the_world"])
def test_what_is_lost_is_said_before_and_kept(
    make_stage: MakeStage, request: pytest.FixtureRequest, strategy: str
) -> None:
    stage = make(make_stage, request, strategy)
    before = stage.fingerprint()
    point = forward(stage)
    stage.sql(live(stage), LATE)
    rows = stage.one(live(stage), "SELECT count(*) FROM account")
    found = last_resort.look(stage.ctx, point, stage.vault)
    lost = found["tables"]
    assert lost["public.account"] == {"new": 3, "changed": 2, "deleted": 1, "at_least": False}
    assert lost["public.entry"]["new"] == 1
    assert found["minutes"] > 0
    assert "6 (3 new, 2 changed, 1 deleted) in public.account" in found["text"]
    assert stage.one(live(stage), "SELECT count(*) FROM account") == rows, "looking touches nothing"
    done = restore(stage, point)
    assert stage.fingerprint() == before
    assert (stage.leads_to(), stage.writable("blue"), stage.left()) == ("blue", True, [])
    assert done["lost"]["rows"] == found["rows"]
    assert done["lost"]["later"]["rows"] == 0
    assert done["downtime_s"] > 0
    stage.sql("blue", "INSERT INTO account (owner, balance) VALUES ('afterwards', 0)")
    assert restore(stage, point)["kept"] == done["kept"], "a retry restores nothing once more"
    assert stage.one("blue", "SELECT count(*) FROM account WHERE owner = 'afterwards'") == 1
    into = stage.blue if strategy != "blue_green" else stage.green
    assert kept_rows(stage, str(done["kept"]), into) == rows


def kept_rows(stage: Stage, point: str, cluster: Cluster) -> int:
    """Restore the point that was kept into a database of its own, and count."""
    from cutover.postgres import backup
    from cutover.postgres.task import Work

    name = f"{stage.dbname}_kept"
    cluster.create_database(name)
    info = cluster.info("kept", name)
    try:
        manifest = backup.load(stage.vault.store, point)
        backup.restore(Work("test"), stage.vault.store, manifest, stage.vault.identity, info)
        with psycopg.connect(info.conninfo()) as db:
            row = db.execute("SELECT count(*) FROM account").fetchone()
        return int(row[0]) if row else 0
    finally:
        cluster.drop_database(name)


@pytest.mark.parametrize("strategy", ["online", "blue_green", "stop_the_world"])
def test_before_the_cutover_and_under_load(
    make_stage: MakeStage, request: pytest.FixtureRequest, strategy: str
) -> None:
    stage = make(make_stage, request, strategy)
    with Clients(stage, count=2) as clients:
        point = forward(stage, cut_over=False) if strategy != "stop_the_world" else before_the_doors(stage)
        done = restore(stage, point)
        clients.await_commits(20)
        early = set(clients.acknowledged)
        clients.await_commits(20)
    there = {row[0] for row in stage.sql("blue", "SELECT token FROM entry")}
    assert clients.acknowledged - early <= there, "written after the doors had opened"
    assert done["lost"] is None, "nobody has looked"
    assert (stage.leads_to(), stage.writable("blue"), stage.left()) == ("blue", True, [])
    assert "country" not in str(stage.fingerprint()["columns"])


def before_the_doors(stage: Stage) -> str:
    return str(last_resort.back_up(stage.ctx, stage.vault)["point"])


def child(stage: Stage, point: str, die_at: str) -> int:
    folder = str(stage.vault.store.folder)  # type: ignore[attr-defined]
    environment = {**os.environ, points.VARIABLE: die_at}
    words = stage.ctx.run_id, folder, point
    return children.start("support.last_resort_child", *words, environment=environment).wait(WAIT)


@pytest.mark.parametrize(
    ("strategy", "at"),
    [
        ("online", "last.made"),
        ("online", "last.filled"),
        *(("blue_green", at) for at in [*BEGUN, *SWAPPED]),
        *(("online", at) for at in ["last.shut", "last.swapped"]),
    ],
)
def test_killed_and_done_again(make_stage: MakeStage, request: pytest.FixtureRequest, strategy: str, at: str) -> None:
    stage = make(make_stage, request, strategy)
    before = stage.fingerprint()
    point = forward(stage)
    stage.sql(live(stage), LATE)
    assert child(stage, point, at) == -signal.SIGKILL
    restore(stage, point)
    assert stage.fingerprint() == before
    assert (stage.leads_to(), stage.writable("blue"), stage.left()) == ("blue", True, [])


@pytest.mark.parametrize(
    ("strategy", "at"),
    [
        *(("online", at) for at in ["last.begun", "last.shut", "last.kept", "last.swapped", "last.remembered"]),
        *(("blue_green", at) for at in ["stw.close.fenced", "last.kept", "last.swapped", "last.unsubscribed"]),
    ],
)
def test_killed_and_rolled_back_without_a_point(
    make_stage: MakeStage, request: pytest.FixtureRequest, strategy: str, at: str
) -> None:
    stage = make(make_stage, request, strategy)
    before = stage.fingerprint()
    point = forward(stage)
    side = live(stage)
    stage.sql(side, LATE)
    assert child(stage, point, at) == -signal.SIGKILL
    renamed = at in SWAPPED
    assert last_resort.settle(stage.ctx)["settled"] == ("finished" if renamed else "called off")
    assert stage.leads_to() == ("blue" if renamed else side), "clients go on where they were"
    assert stage.writable(live(stage))
    strategies.of(stage.ctx).roll_back(stage.ctx)
    last_resort.discard(stage.ctx)
    assert (stage.one("blue", "SELECT count(*) FROM account WHERE owner = 'late'") == 0) == renamed
    assert (stage.fingerprint() == before) == renamed
    assert (stage.leads_to(), stage.writable("blue"), stage.left()) == ("blue", True, [])


@pytest.mark.parametrize("strategy", ["online", "blue_green"])
def test_what_cannot_be_kept_is_not_replaced(
    make_stage: MakeStage, request: pytest.FixtureRequest, strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make(make_stage, request, strategy)
    point = forward(stage)
    side = live(stage)
    stage.sql(side, LATE)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="no space left"):
        patched.setattr(saving, "keep", full)
        restore(stage, point)
    assert (stage.leads_to(), stage.writable(side)) == (side, True)
    assert stage.one(side, "SELECT count(*) FROM account WHERE owner = 'late'") == 3
    strategies.of(stage.ctx).roll_back(stage.ctx)
    assert last_resort.discard(stage.ctx) == [f"database cutover_{number(stage)}_restored"]
    assert stage.one("blue", "SELECT count(*) FROM account WHERE owner = 'late'") == 3
    assert stage.left() == []


def number(stage: Stage) -> int:
    return stage.journal.get_run(stage.ctx.run_id).number


def test_what_is_not_good_is_refused_before_anything_is_touched(
    make_stage: MakeStage, request: pytest.FixtureRequest
) -> None:
    stage = make(make_stage, request, "online")
    point = forward(stage)
    info, store, to = stage.info("blue"), stage.vault.store, stage.vault.recipients
    schema = take(stage.ctx, info, store, to, kind="schema", name_prefix="points/schema")
    other = take(stage.ctx, stage.blue.info("x", "postgres"), store, to, name_prefix="points/other")
    refused = {
        "points/nothing-of-that-name": PointUnknown,
        schema.name: PointWithoutRows,
        other.name: ForeignDatabase,
    }
    for name, error in refused.items():
        with pytest.raises(error):
            last_resort.look(stage.ctx, name, stage.vault)
        with pytest.raises(error):
            restore(stage, name)
    with pytest.raises(LossNotAccepted):
        last_resort.restore(stage.ctx, point, stage.vault, accept_loss=False)
    with pytest.raises(NoVault):
        last_resort.look(stage.ctx, point, None)
    part = next(Path(store.folder) / name for name in store.names(point) if name.endswith(".age"))  # type: ignore[attr-defined]
    good = part.read_bytes()
    part.write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])
    with pytest.raises((PartDamaged, OtherKey)):
        restore(stage, point)
    assert (stage.leads_to(), stage.writable("blue"), stage.databases()) == ("blue", True, [])
    assert online.status(stage.ctx)["tables"], "the run is as it was"


def test_other_migrations_of_the_database_are_not_taken_along(
    make_stage: MakeStage, request: pytest.FixtureRequest, make_connection: Connections
) -> None:
    stage = make(make_stage, request, "online")
    point = forward(stage)
    first = stage.ctx
    stage.journal.set_state(first.run_id, "window")
    second_spec = {**ONLINE, "target": None, "tables": [{"name": "public.entry", "alter": "alter.sql"}]}
    del second_spec["files"]
    folder = stage.folder.with_name("entries")
    folder.mkdir()
    (folder / "alter.sql").write_text(ALTER.replace("account", "entry"))
    stage.ctx = stage.begin(folder, make_connection, second_spec, 2)
    with pytest.raises(OthersInTheWay, match="preparing: it would be taken back along"):
        last_resort.look(first, point, stage.vault)
    second = forward(stage)
    stage.journal.set_state(stage.ctx.run_id, "window")
    with pytest.raises(OthersInTheWay, match="is in its rollback window"):
        restore(stage, second)
    online.roll_back(stage.ctx)
    stage.journal.set_state(stage.ctx.run_id, "rolled_back")
    with pytest.raises(OthersInTheWay, match=r"taken while run .* was under way"):
        last_resort.look(first, second, stage.vault)
    assert online.roll_back(first)["was_swapped"]
    stage.ctx = first
    last_resort.discard(first)
    assert stage.left() == []


def test_what_was_only_looked_at_is_not_what_an_ordinary_rollback_restores(
    make_stage: MakeStage, request: pytest.FixtureRequest
) -> None:
    """Somebody looks at an old point and does not answer; somebody else takes the run back to its own."""
    stage = make(make_stage, request, "stop_the_world")
    old = str(last_resort.back_up(stage.ctx, stage.vault)["point"])
    stage.sql("blue", "INSERT INTO account (owner, balance) VALUES ('between', 0)")
    stage.forward()
    last_resort.look(stage.ctx, old, stage.vault)
    done = stage.back()
    assert done["restored"] != old
    assert stage.one("blue", "SELECT count(*) FROM account WHERE owner = 'between'") == 1
    assert last_resort.settle(stage.ctx) == {"settled": None}
    assert stage.left() == []


def test_an_ordinary_rollback_has_nothing_to_settle(make_stage: MakeStage, request: pytest.FixtureRequest) -> None:
    stage = make(make_stage, request, "stop_the_world")
    assert last_resort.settle(stage.ctx) == {"settled": None}
    stop_the_world.close(stage.ctx)
    assert last_resort.settle(stage.ctx) == {"settled": None}, "the doors are the window's own"
    assert not stage.writable("blue")
    stage.back()


def test_from_the_command_line(
    make_stage: MakeStage,
    request: pytest.FixtureRequest,
    make_connection: Connections,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = make(make_stage, request, "online")
    store = {
        "path": str(stage.vault.store.folder),  # type: ignore[attr-defined]
        "age_recipients": str(stage.vault.recipients[0]),
    }
    make_connection("cutover_backups", ConnectionInfo("cutover_backups", kind="fs", settings=store))
    point = forward(stage)
    stage.sql("blue", LATE)
    stage.journal.set_state(stage.ctx.run_id, "window")
    command = ["rollback", stage.ctx.run_id, "--point", point]
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert main(command) == 2
    assert "no terminal" in capsys.readouterr().err
    assert stage.journal.get_run(stage.ctx.run_id).state == "window"
    assert stage.databases() == []
    assert main([*command, "--yes", "--reason", "the rows"]) == 0
    assert f"is taken back to {point}" in capsys.readouterr().out
    assert stage.journal.get_run(stage.ctx.run_id).state == "rolled_back"
    assert stage.one("blue", "SELECT count(*) FROM account WHERE owner = 'late'") == 0
    assert stage.left() == []
