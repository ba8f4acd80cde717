"""The DAG that deletes old backups, on real stores: a folder, and an S3."""

from __future__ import annotations

import dataclasses
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest

from cutover.connections import from_environment
from cutover.operators import forms
from cutover.operators.stores import open_store
from cutover.postgres import backup
from cutover.postgres.backup import BACKUPS, POINTS, Manifest, Store, names
from cutover.postgres.backup.telling import taken
from cutover.postgres.task import Work
from localstack.pgbinaries import bin_folder
from localstack.s3 import S3Server
from support.dag_runs import Stage, run_dag

pytestmark = pytest.mark.dags
KEY = pyrage.x25519.Identity.generate()


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = S3Server(tmp_path_factory.mktemp("s3"), "access-key", "secret-key", str(KEY.to_public()))
    process = server.start()
    yield server
    process.stop()


@pytest.fixture(params=["fs", "aws"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store behind ``cutover_backups``, once a folder and once an S3."""
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))
    folder = {"conn_type": "fs", "extra": {"cutover": {"path": str(tmp_path / "store")}}}
    fields: Any = folder if request.param == "fs" else request.getfixturevalue("s3").connection()
    if request.param == "aws":
        fields["extra"]["cutover"]["prefix"] = tmp_path.name  # a place of its own in the server that tests share
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_BACKUPS", json.dumps(fields))
    return open_store(from_environment("cutover_backups"))


@dataclasses.dataclass
class Keeper:
    """Takes one real backup, and writes it down as though it were as old as a test wants it to be."""

    stage: Stage
    store: Store

    def __post_init__(self) -> None:
        with psycopg.connect(self.stage.world.info.conninfo(), autocommit=True) as db:
            db.execute("CREATE TABLE kept AS SELECT 1 AS id")

    def take(self, prefix: str, days: float, **more: Any) -> str:
        """Take one that is ``days`` old; return its name."""
        info, run_id = self.stage.world.info, more.get("run_id")
        made = backup.take(Work("manual"), info, self.store, [KEY.to_public()], name_prefix=prefix, run_id=run_id)
        return self.age(made, prefix, days, **more)

    def age(self, made: Manifest, prefix: str, days: float, **more: Any) -> str:
        at = datetime.now(UTC) - timedelta(days=days)
        name = names.of(prefix, more.get("dbname", made.dbname), more.get("run_id"), at)
        old = dataclasses.replace(made, name=name, taken_at=at.isoformat(), **more)
        for part in made.parts:
            with self.store.open(f"{made.name}/{part.name}") as stream:
                self.store.put(f"{name}/{part.name}", io.BytesIO(stream.read()))
        self.store.put(names.manifest(name), io.BytesIO(old.to_json()))
        self.store.delete(self.store.names(f"{made.name}/"))
        if old.run_id:
            taken(Work(old.run_id, journal=self.stage.journal), old, self.store)
        return name

    def there(self) -> list[str]:
        return sorted(manifest.name for manifest in backup.listing(self.store))


@pytest.fixture
def keeper(stage: Stage, store: Store) -> Keeper:
    return Keeper(stage, store)


def begin(stage: Stage, run_id: str, state: str, **spec: Any) -> None:
    run = {"migration": "ledger", "strategy": "stop_the_world", "title": "The ledger", "database": run_id}
    stage.journal.begin_run(run_id, spec={"backup": {"store": "cutover_backups", **spec}}, **run)
    stage.journal.set_state(run_id, state)


def retire(stage: Stage, **conf: Any) -> dict[str, str]:
    return run_dag(stage.load("retire_backups"), conf)


def test_what_is_old_goes_and_the_rest_stays(keeper: Keeper, stage: Stage) -> None:
    old_point, point = keeper.take(POINTS, 7.1), keeper.take(POINTS, 6.9)
    old_backup, kept = keeper.take(BACKUPS, 30.1), keeper.take(BACKUPS, 29.9)
    assert keeper.there() == sorted([old_point, point, old_backup, kept])
    assert retire(stage)["retire"] == "success"
    assert keeper.there() == sorted([point, kept])
    assert [name for name in keeper.store.names("") if old_point in name or old_backup in name] == []
    assert retire(stage)["retire"] == "success"
    assert keeper.there() == sorted([point, kept])


def test_never_the_last_one_of_a_database(keeper: Keeper, stage: Stage) -> None:
    last, older = keeper.take(BACKUPS, 400), keeper.take(BACKUPS, 500)
    other = keeper.take(POINTS, 300, dbname="another")
    schema = keeper.take(BACKUPS, 100, kind="schema")
    assert retire(stage)["retire"] == "success"
    assert keeper.there() == sorted([last, other]) and older not in keeper.there() and schema not in keeper.there()


def test_what_shall_be_kept_longer_is(keeper: Keeper, stage: Stage) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wanted, new = keeper.take(POINTS, 50, keep_until=until), keeper.take(POINTS, 1)
    retire(stage)
    assert keeper.there() == sorted([wanted, new])


@pytest.mark.parametrize(("state", "stays"), [("window", True), ("rolling_back", True), ("finalized", False)])
def test_points_of_a_run_that_may_go_back_stay(keeper: Keeper, stage: Stage, state: str, stays: bool) -> None:
    begin(stage, "ledger.1", state)
    mine, new = keeper.take(POINTS, 50, run_id="ledger.1"), keeper.take(POINTS, 1)
    retire(stage)
    assert keeper.there() == sorted([mine, new] if stays else [new])


def test_what_is_gone_is_in_no_form(keeper: Keeper, stage: Stage) -> None:
    """By this DAG or by hand: the journal learns of it, once."""
    begin(stage, "ledger.1", "finalized")
    old = keeper.take(POINTS, 50, run_id="ledger.1")
    by_hand = keeper.take(POINTS, 2, run_id="ledger.1")
    new = keeper.take(POINTS, 1, run_id="ledger.1")
    keeper.store.delete(keeper.store.names(f"{by_hand}/"))

    def listed() -> list[str | None]:
        forms._cache.clear()
        return list(forms.rollback_point("stop_the_world").schema["enum"])

    assert listed() == [None, new, by_hand, old]
    for _ in range(2):
        retire(stage)
        assert listed() == [None, new]
    assert len(stage.journal.events("ledger.1", kind="backup_retired")) == 2


def test_other_numbers_of_days(keeper: Keeper, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    point, saved, new = keeper.take(POINTS, 10), keeper.take(BACKUPS, 40), keeper.take(POINTS, 1)
    fields = json.loads(os.environ["AIRFLOW_CONN_CUTOVER_BACKUPS"])
    fields["extra"]["cutover"] |= {"points_days": 14, "backups_days": 50}
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_BACKUPS", json.dumps(fields))
    retire(stage)
    assert keeper.there() == sorted([point, saved, new])
    retire(stage, points_days=5, backups_days=45)
    assert keeper.there() == sorted([saved, new])
    retire(stage, backups_days=5)
    assert keeper.there() == [new]


def test_half_written_ones_go_when_nobody_can_be_writing_them(keeper: Keeper, stage: Stage) -> None:
    old = names.of(BACKUPS, "shop", None, datetime.now(UTC) - timedelta(days=3))
    young = names.of(BACKUPS, "shop", None, datetime.now(UTC) - timedelta(hours=3))
    for name in (old, young):
        keeper.store.put(f"{name}/main.age", io.BytesIO(b"half of it"))
    retire(stage)
    assert keeper.store.names("backups/shop/") == [f"{young}/main.age"]


def test_a_store_that_is_away_is_named_and_keeps_no_other_waiting(
    keeper: Keeper, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = keeper.take(POINTS, 50), keeper.take(POINTS, 1)
    begin(stage, "ledger.1", "finalized", store="another_vault")
    assert retire(stage)["retire"] == "failed"
    assert keeper.there() == [new] and old not in keeper.there()


def test_without_a_store_there_is_nothing_to_do(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_BACKUPS", raising=False)
    assert retire(stage)["retire"] == "success"
