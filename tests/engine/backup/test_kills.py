"""Killed at any instant: no half point is ever listed, nothing is left behind, and the next attempt converges."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.postgres import backup
from localstack.connections import postgres, variables
from support import children
from support.backup_world import RUN, BackupWorld, contents
from support.pair_world import until


def start(world: BackupWorld, *words: str, into: ConnectionInfo | None = None, at: str = "") -> children.Child:
    infos = {"shop": postgres(world.info), **({"into": postgres(into)} if into else {})}
    env = {**os.environ, **variables(infos), "STORE": world.store.label, "KEY": str(world.key), "RUN": RUN}
    more = {points.VARIABLE: at} if at else {}
    return children.start("support.backup_child", *words, environment={**env, **more}, kept=True)


def die(world: BackupWorld, *words: str, at: str, into: ConnectionInfo | None = None) -> None:
    child = start(world, *words, into=into, at=at)
    said = child.said(250)
    assert child.returncode == -signal.SIGKILL, f"it did not die at {at}: {said[-2000:]}"


def at_work(world: BackupWorld) -> list[str]:
    """Sessions of ours that are still on the server, in whatever database."""
    asked = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'cutover/%%'"
    return [row[0] for row in world.sql(asked, info=world.cluster.info())]


def is_over(world: BackupWorld) -> None:
    until(lambda: not at_work(world), "no session of a killed process is left")


@pytest.mark.parametrize(
    "point", ["backup.stored.main", "backup.stored.data", "backup.stored.large_objects", "backup.manifest"]
)
def test_killed_while_a_point_is_taken(world: BackupWorld, point: str) -> None:
    die(world, "take", at=point)
    assert backup.listing(world.store) == []
    halves = world.store.names("points/")
    assert halves
    is_over(world)
    manifest = world.take()
    assert [found.name for found in backup.listing(world.store)] == [manifest.name]
    assert {name.rpartition("/")[0] for name in world.store.names("points/")} == {manifest.name}, "its half is gone"
    backup.check(world.store, manifest.name, world.key, expects=world.info)


def test_killed_in_the_middle_of_writing(world: BackupWorld) -> None:
    """At moments that nobody has chosen; what was written of another run is nobody's but the next retire's."""
    world.sql("INSERT INTO log SELECT now(), repeat(md5(n::text), 30) FROM generate_series(1, 60000) AS n")
    chance = random.Random(20261121)
    for _ in range(5):
        child = start(world, "take")
        until(lambda: [path for path in world.folder.rglob("*") if path.is_file()], "something is written")
        time.sleep(chance.random() * 0.8)
        child.kill()
        child.wait(30)
        for found in backup.listing(world.store):  # it may have been quicker than the signal
            backup.check(world.store, found.name, world.key, expects=world.info)
            world.store.delete(world.store.names(f"{found.name}/"))
        is_over(world)
    later = datetime.now(UTC) + timedelta(days=3)
    backup.retire(world.store, now=later)
    assert [path for path in world.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("point", ["backup.proof.scratch", "backup.restore.schema", "backup.restore.rows"])
def test_killed_while_a_point_is_proven(world: BackupWorld, point: str) -> None:
    die(world, "prove", at=point)
    assert backup.listing(world.store) == [], "what is not proven does not count"
    assert len(world.scratches()) == 1
    manifest = world.prove()
    assert manifest.proved is not None
    assert world.scratches() == [], "the next proof drops what the killed one has left"
    assert [found.name for found in backup.listing(world.store)] == [manifest.name]
    is_over(world)


@pytest.mark.parametrize("point", ["backup.restore.schema", "backup.restore.rows"])
def test_killed_while_it_is_restored(world: BackupWorld, point: str) -> None:
    manifest = world.take()
    into = world.empty()
    die(world, "restore", manifest.name, into=into, at=point)
    assert contents(into) != contents(world.info)
    world.cluster.drop_database(into.dbname)
    world.cluster.create_database(into.dbname)
    world.restore(backup.check(world.store, manifest.name, world.key, expects=world.info), into)
    assert contents(into) == contents(world.info)


def test_killed_at_random_while_it_is_restored(world: BackupWorld) -> None:
    """Programs that a killed process has left behind must not work on in the database that is made anew."""
    manifest = world.take()
    into = world.empty()
    before = contents(world.info)
    chance = random.Random(4)
    tables = "SELECT count(*) FROM pg_class WHERE relname = 'orders'"
    for _ in range(4):
        child = start(world, "restore", manifest.name, into=into)
        until(lambda: world.sql(tables, info=into) == [(1,)], "it has begun")
        time.sleep(chance.random() * 0.7)
        child.kill()
        child.wait(30)
        world.cluster.drop_database(into.dbname)
        world.cluster.create_database(into.dbname)
    world.restore(manifest, into)
    assert contents(into) == before
    is_over(world)
