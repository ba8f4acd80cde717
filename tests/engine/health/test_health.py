"""One look at everything: what is well says so, and what is not is named, each for itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from cutover.cli.main import main
from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionUnknown
from cutover.health import Health, look
from cutover.health.limits import Limits
from cutover.journal.check import Check
from cutover.journal.store import Journal
from cutover.postgres.backup import FolderStore
from localstack.ports import free_port
from support.connections import Connections

pytestmark = pytest.mark.engine
ONLINE = {
    "name": "leads",
    "title": "Leads",
    "strategy": "online",
    "owner": "tests",
    "source": "shop",
    "tables": [{"name": "leads", "columns": {"a": "1"}}],
}


class World:
    """Connections and specs, and one look at them."""

    def __init__(self, folder: Path, info: ConnectionInfo, journal: Journal) -> None:
        self.folder = folder
        self.known = {"shop": replace(info, conn_id="shop"), "cutover_journal": journal.info}
        self.info, self.journal = info, journal

    def spec(self, **changes: Any) -> None:
        data = {**ONLINE, **changes}
        place = self.folder / data["name"]
        place.mkdir(exist_ok=True)
        (place / "migration.yaml").write_text(yaml.safe_dump(data))

    def resolve(self, conn_id: str) -> ConnectionInfo:
        if conn_id not in self.known:
            raise ConnectionUnknown(f"the connection {conn_id!r} is not defined.", fix="define it.")
        return self.known[conn_id]

    def look(self, **limits: Any) -> Health:
        return look(self.resolve, lambda info: FolderStore(Path(info.settings["path"])), Limits(**limits))

    def sql(self, text: str) -> None:
        with psycopg.connect(self.info.conninfo(), autocommit=True) as db:
            db.execute(text.encode())

    def run(self, number: int, state: str | None = None) -> str:
        run_id = f"leads.{number}"
        self.journal.begin_run(run_id, migration="leads", strategy="online", database=f"x{number}", title="x", spec={})
        if state:
            self.journal.set_state(run_id, state)
        return run_id


@pytest.fixture
def world(tmp_path: Path, database: ConnectionInfo, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    made = World(tmp_path, database, journal)
    made.spec()
    return made


def wrong(health: Health) -> list[tuple[str, str]]:
    return [(check.code, check.summary) for check in health.checks if not check.ok]


def of(health: Health, code: str) -> list[Check]:
    return [check for check in health.checks if check.code == code]


def test_all_is_well(world: World) -> None:
    found = world.look()
    assert found.ok and found.well, wrong(found)
    (up,) = of(found, "HEALTH_UP")
    assert up.object == f"shop ({world.info.host}:{world.info.port}/{world.info.dbname})"
    assert up.summary.startswith("up, PostgreSQL 18") and up.figures["latency_ms"] > 0
    assert of(found, "HEALTH_CONNECTIONS")[0].figures["share"] < 0.8
    assert {check.code for check in found.checks} == {
        *("HEALTH_JOURNAL", "HEALTH_SPECS", "HEALTH_UP", "HEALTH_CONNECTIONS", "HEALTH_LEFT_OVER"),
        "HEALTH_REHEARSAL",
    }
    assert json.loads(json.dumps(found.as_dict()))["ok"] is True


def test_when_each_migration_was_last_rehearsed_and_how_that_came_out(world: World) -> None:
    def rehearsed(number: int, verdict: str) -> None:
        known = {"migration": "leads", "strategy": "online", "title": "Leads", "spec": {}, "places": {}}
        world.journal.begin_rehearsal(f"leads.rehearsal.{number}", **known)
        world.journal.note_rehearsal(f"leads.rehearsal.{number}", cleared=True)
        world.journal.end_rehearsal(f"leads.rehearsal.{number}", verdict, [], {})

    def said(**limits: Any) -> tuple[bool, str]:
        (check,) = of(world.look(**limits), "HEALTH_REHEARSAL")
        assert check.object == "leads"
        return check.ok, check.summary

    assert said() == (True, "it was never rehearsed")
    rehearsed(1, "no_go")
    assert said() == (False, "there is none; the last one was no-go")
    rehearsed(2, "go")
    ok, text = said()
    assert ok and text.endswith("s ago")
    assert not said(rehearsal_age=timedelta(0))[0], "too long ago"
    rehearsed(3, "no_go")
    ok, text = said()
    assert not ok and text.endswith("s ago; the last one was no-go")


def test_what_is_down_does_not_hide_the_others(world: World) -> None:
    world.known["old"] = replace(world.info, conn_id="old", port=free_port())
    world.spec(name="older", source="old")
    world.spec(name="lost", source="nowhere")
    found = world.look(patience=2)
    assert not found.ok
    assert [(check.object or "").split()[0] for check in found.checks if check.blocks] == ["nowhere", "old"]
    assert any(check.ok and (check.object or "").startswith("shop ") for check in of(found, "HEALTH_UP"))


def test_a_database_that_a_run_makes_may_be_missing(world: World) -> None:
    world.known["green"] = replace(world.info, conn_id="green", dbname="not_made_yet")
    world.known["pool"] = replace(world.info, conn_id="pool", port=free_port())
    world.spec(strategy="blue_green", target="green", router="pool", tables=[])
    found = world.look(patience=2)
    assert next(check.summary for check in of(found, "HEALTH_UP") if check.ok) == "not there yet: its run makes it"
    assert [check.object.split()[0] for check in of(found, "HEALTH_UP") if check.blocks] == ["pool"]  # type: ignore[union-attr]


def test_a_journal_that_is_away_is_named_and_nothing_is_called_left_over(world: World) -> None:
    world.known["cutover_journal"] = replace(world.journal.info, port=free_port())
    world.sql("CREATE SCHEMA cutover_new_77_public")
    found = world.look()
    assert [check.code for check in found.checks if check.blocks] == ["HEALTH_JOURNAL"]
    assert of(found, "HEALTH_LEFT_OVER") == []


def test_objects_of_runs_that_have_ended_are_left_over_and_those_of_others_are_not(world: World) -> None:
    alive = world.journal.get_run(world.run(1)).number
    over = world.journal.get_run(world.run(2, "rolled_back")).number
    for number in (alive, over):
        world.sql(f"CREATE SCHEMA cutover_new_{number}_public; CREATE PUBLICATION cutover_{number}_blue")
        world.sql(
            f"CREATE TABLE t{number} (id int); CREATE FUNCTION f{number}() RETURNS trigger LANGUAGE plpgsql AS"
            f" 'BEGIN RETURN new; END'; CREATE TRIGGER \"~cutover_{number}\" BEFORE INSERT ON t{number} FOR EACH ROW"
            f" EXECUTE FUNCTION f{number}()"
        )
    world.sql(f"CREATE SCHEMA cutover_archive_{over}_public")  # what finalizing keeps is kept
    (check,) = of(world.look(), "HEALTH_LEFT_OVER")
    assert not check.ok and [(each["kind"], each["number"]) for each in check.figures["left"]] == [
        ("publication", over),
        ("schema", over),
        ("trigger", over),
    ]
    assert check.summary.startswith("3 objects are left of runs that have ended: publication cutover_")


@pytest.fixture
def slot(world: World) -> Iterator[str]:
    world.sql("SELECT pg_create_logical_replication_slot('somebody', 'pgoutput')")
    yield "somebody"
    world.sql("SELECT pg_drop_replication_slot('somebody')")


def test_a_slot_that_nobody_uses_and_that_keeps_wal(world: World, slot: str) -> None:
    assert of(world.look(), "HEALTH_SLOT")[0].ok
    world.sql("CREATE TABLE much AS SELECT n, repeat('x', 500) AS t FROM generate_series(1, 20000) AS n")
    (check,) = of(world.look(slot_bytes=1 << 20), "HEALTH_SLOT")
    assert not check.ok and check.figures["kept_bytes"] > 1 << 20
    assert check.summary.startswith("the slot somebody is used by nobody, and keeps ")


def test_a_transaction_that_stays_open(world: World) -> None:
    with psycopg.connect(world.info.conninfo()) as db:
        db.execute("SELECT 1")
        (check,) = of(world.look(transaction=0.0), "HEALTH_TRANSACTION")
    assert not check.ok and "a transaction has been open for" in check.summary


def test_connections_that_run_out(world: World) -> None:
    (check,) = of(world.look(connections=0.0), "HEALTH_CONNECTIONS")
    assert not check.ok and not world.look(connections=0.0).well and world.look(connections=0.0).ok


def test_a_spec_that_cannot_be_used_and_runs_that_stand_still(world: World) -> None:
    world.spec(name="broken", owner=None)
    run_id = world.run(1)
    with psycopg.connect(world.journal.info.conninfo(), autocommit=True) as db:
        db.execute("UPDATE cutover_journal.run SET started_at = now() - interval '3 days'")
    due = world.run(2, "window")
    with psycopg.connect(world.journal.info.conninfo(), autocommit=True) as db:
        db.execute(
            "UPDATE cutover_journal.run SET window_ends_at = now() - interval '3 hours' WHERE run_id = %s", (due,)
        )
    found = world.look()
    said = {check.object: check.summary for check in found.checks if not check.ok}
    assert said[run_id].startswith("has been preparing since 3 d")
    assert said[due].startswith("its rollback window has ended, and nobody has finalized it")
    assert "broken" in said and found.ok


def test_the_age_of_backups(world: World, tmp_path: Path) -> None:
    (tmp_path / "_store").mkdir()
    world.spec(backup={"take": True})
    (check,) = [check for check in world.look().checks if check.blocks]
    assert check.object == "cutover_backups" and "is not defined" in check.summary
    settings = {"path": str(tmp_path / "_store")}
    world.known["cutover_backups"] = ConnectionInfo("cutover_backups", kind="fs", settings=settings)
    found = world.look()
    assert of(found, "HEALTH_STORE")[0].ok
    assert [(check.ok, check.summary, check.object) for check in of(found, "HEALTH_BACKUP")] == [
        (False, "there is none", f"cutover_backups: {world.info.dbname}")
    ]


def test_the_command(
    world: World, make_connection: Connections, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    make_connection("shop", world.info)
    make_connection("cutover_journal", world.journal.info)
    assert main(["health"]) == 0
    assert "everything is well." in capsys.readouterr().out
    world.spec(name="broken", owner=None)
    assert main(["health"]) == 0 and main(["health", "--strict"]) == 1
    capsys.readouterr()
    world.spec(name="lost", source="nowhere")
    assert main(["health", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False and {check["code"] for check in data["checks"]} >= {"HEALTH_UP", "HEALTH_SPECS"}
