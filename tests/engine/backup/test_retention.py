"""Which points are kept, and which are deleted: never the last one that a database could be taken back to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from cutover.postgres import backup
from cutover.postgres.backup import FolderStore, Manifest, Part, halves, names
from cutover.postgres.backup.manifest import Kind

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
Put = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


@pytest.fixture
def put(store: FolderStore) -> Put:
    """Put a small point of so many days ago there: ``put(days, prefix="points", run_id="r")``."""

    def put(
        days: float,
        prefix: str = "points",
        *,
        dbname: str = "shop",
        system: str = "7",
        run_id: str | None = "r",
        kind: Kind = "full",
        keep: int | None = None,
        whole: bool = True,
    ) -> str:
        at = NOW - timedelta(days=days)
        name = names.of(prefix, dbname, run_id, at)
        store.put(f"{name}/main.age", BytesIO(b"x" * 10))
        manifest = Manifest(
            name=name,
            kind=kind,
            database=f"c (h:1/{dbname})",
            system=system,
            dbname=dbname,
            run_id=run_id,
            migration=None,
            taken_at=at.isoformat(),
            lsn="0/1",
            server_version=160014,
            program_version=18,
            compression="gzip",
            encoding="UTF8",
            locale={},
            owner="o",
            recipients=(),
            parts=(Part("main.age", "main", 10, "0" * 64, 1),),
            tables=(),
            database_bytes=1,
            seconds=1.0,
            keep_until=(at + timedelta(days=keep)).isoformat() if keep else None,
        )
        if whole:
            store.put(names.manifest(name), BytesIO(manifest.to_json()))
        return name

    return put


def retire(store: FolderStore, **more: object) -> list[str]:
    return backup.retire(store, now=NOW, **more)  # type: ignore[arg-type]


def test_points_seven_days_and_backups_thirty(store: FolderStore, put: Put) -> None:
    fresh, old = put(6.9), put(7.1)
    kept, gone = put(29, "backups"), put(31, "backups")
    assert retire(store) == sorted([old, gone])
    assert {found.name for found in backup.listing(store)} == {fresh, kept}
    assert store.names(f"{old}/") == []
    assert retire(store, points_days=6, backups_days=28) == sorted([kept])
    assert retire(store) == []


def test_the_last_whole_and_full_point_of_each_database_stays(store: FolderStore, put: Put) -> None:
    last = put(400, "backups", run_id=None)
    put(500)
    schema_only = put(100, kind="schema")
    half = put(60, whole=False)
    other_name, other_server = put(90, dbname="crm"), put(91, system="8", run_id="x")
    retired = retire(store)
    assert {found.name for found in backup.listing(store)} == {last, other_name, other_server}
    assert {schema_only, half} < set(retired)


def test_a_spec_may_want_it_kept_for_longer_or_shorter(store: FolderStore, put: Put) -> None:
    put(0)
    longer, shorter = put(20, keep=21), put(2, keep=1)
    assert retire(store) == [shorter]
    assert longer in {found.name for found in backup.listing(store)}


def test_a_run_whose_window_is_open_keeps_its_points(store: FolderStore, put: Put) -> None:
    put(0, run_id="new")
    mine, others = put(10, run_id="open"), put(10, run_id="over")
    assert retire(store, spare_runs={"open"}) == [others]
    assert mine in {found.name for found in backup.listing(store)}


def test_half_points_are_cleared_away_when_they_are_not_young(store: FolderStore, put: Put, tmp_path: Path) -> None:
    young, old = put(1.9, whole=False), put(2.1, whole=False)
    (tmp_path / "points/shop/r-20200101T000000Z").mkdir()
    part = tmp_path / "points/shop/r-20200101T000000Z/main.age.abcd.part"
    part.write_bytes(b"x")
    os.utime(part, ((NOW - halves.YOUNG).timestamp() - 60,) * 2)
    fresh = tmp_path / young / "data-001.age.abcd.part"
    fresh.write_bytes(b"x")
    os.utime(fresh, (NOW.timestamp(),) * 2)
    assert backup.listing(store) == []
    assert retire(store) == [old]
    assert not part.exists()
    assert fresh.exists()
    assert store.names(f"{young}/") == [f"{young}/main.age"], "what is not whole is no name"


def test_what_is_not_ours_is_left_alone(store: FolderStore, put: Put, tmp_path: Path) -> None:
    put(0)
    for name in ("points/readme.txt", "points/shop/notes/file", "archives/shop/x-20200101T000000Z/manifest.json"):
        store.put(name, BytesIO(b"mine"))
    assert retire(store) == []
    assert store.size("points/shop/notes/file") == 4
    assert len(backup.listing(store)) == 1


def test_a_point_whose_part_is_gone_is_not_listed_and_does_not_count_as_the_last(store: FolderStore, put: Put) -> None:
    good, broken = put(50), put(1)
    store.delete([f"{broken}/main.age"])
    assert [found.name for found in backup.listing(store)] == [good]
    assert retire(store) == []


def test_newest_first_and_by_database(store: FolderStore, put: Put) -> None:
    one, two, three = put(3), put(1, "backups", run_id=None), put(2, dbname="crm")
    assert [found.name for found in backup.listing(store)] == [two, three, one]
    assert [found.name for found in backup.listing(store, "shop")] == [two, one]
    manifest = backup.listing(store, "crm")[0]
    assert Manifest.from_json(manifest.to_json(), "x") == manifest
    assert replace(manifest, note="x").to_json() != manifest.to_json()
