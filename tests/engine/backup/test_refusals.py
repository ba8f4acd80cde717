"""What is damaged, cut off, of another key or of another database is refused with its reason; nothing is touched."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.postgres import backup
from cutover.postgres.backup import Manifest, names
from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from support.backup_world import BackupWorld

from .conftest import MakeWorld


@pytest.fixture(scope="module")
def point(pg16: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BackupWorld, Manifest]]:
    """A world with one rollback point; tests damage copies of it."""
    os.environ["CUTOVER_PG_BIN"] = str(bin_folder(18))
    info = pg16.create_database("refused")
    world = BackupWorld(pg16, info, tmp_path_factory.mktemp("refused"))
    world.load()
    manifest = world.take()
    del os.environ["CUTOVER_PG_BIN"]
    yield world, manifest
    world.close()
    pg16.drop_database("refused")


@pytest.fixture
def kept(point: tuple[BackupWorld, Manifest], tmp_path: Path) -> tuple[BackupWorld, Manifest, Path]:
    """A copy of that point, and its folder."""
    world, manifest = point
    shutil.copytree(world.folder / "store", tmp_path / "store")
    mine = BackupWorld(world.cluster, world.info, tmp_path, world.key)
    return mine, manifest, tmp_path / "store" / manifest.name


def refused(world: BackupWorld, manifest: Manifest, code: str, key: Any = None, expects: Any = ...) -> CutoverError:
    with pytest.raises(CutoverError) as found:
        backup.check(world.store, manifest.name, key or world.key, expects=world.info if expects is ... else expects)
    assert found.value.code == code, found.value
    assert found.value.fix
    assert manifest.name in str(found.value)
    return found.value


def test_a_whole_one_is_not_refused(kept: tuple[BackupWorld, Manifest, Path]) -> None:
    world, manifest, _ = kept
    assert backup.check(world.store, manifest.name, world.key, expects=world.info) == manifest
    assert backup.check(world.store, manifest.name, world.key, expects=None) == manifest


@pytest.mark.parametrize("where", [0.0, 0.3, 0.5, 0.999999])
@pytest.mark.parametrize("file", ["main.age", "data-001.age", "large-objects.age", "database.age"])
def test_one_byte(kept: tuple[BackupWorld, Manifest, Path], file: str, where: float) -> None:
    world, manifest, folder = kept
    data = bytearray((folder / file).read_bytes())
    data[int(len(data) * where)] ^= 0x10
    (folder / file).write_bytes(data)
    error = refused(world, manifest, "BAK016")
    assert f"{file} of rollback point" in error.what
    assert "sha256" in error.what


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "BAK015", "truncated"),
        (lambda path: path.write_bytes(path.read_bytes()[: 1 << 16]), "BAK015", "truncated: 65536 bytes of"),
        (lambda path: path.write_bytes(b""), "BAK015", "truncated: 0 bytes"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "BAK015", "too long"),
        (lambda path: path.unlink(), "BAK014", "is gone"),
    ],
)
def test_not_all_of_it(
    kept: tuple[BackupWorld, Manifest, Path], spoil: Callable[[Path], Any], code: str, says: str
) -> None:
    world, manifest, folder = kept
    spoil(folder / "data-001.age")
    assert says in refused(world, manifest, code).what
    assert bool(backup.listing(world.store)) is (code != "BAK014")


def test_two_parts_that_changed_places(kept: tuple[BackupWorld, Manifest, Path]) -> None:
    world, manifest, folder = kept
    one, other = (folder / "database.age").read_bytes(), (folder / "main.age").read_bytes()
    (folder / "database.age").write_bytes(other[: len(one)])
    refused(world, manifest, "BAK016")


def test_encrypted_for_another_key(kept: tuple[BackupWorld, Manifest, Path]) -> None:
    world, manifest, _ = kept
    error = refused(world, manifest, "BAK017", key=pyrage.x25519.Identity.generate())
    assert str(world.key.to_public()) in error.what
    assert "AGE-SECRET-KEY" not in str(error)


def test_any_of_several_keys_will_do(world: BackupWorld) -> None:
    second = pyrage.x25519.Identity.generate()
    manifest = backup.take(world.task, world.info, world.store, [*world.to, second.to_public()])
    for key in (world.key, second):
        backup.check(world.store, manifest.name, key, expects=world.info)


def test_of_another_database(kept: tuple[BackupWorld, Manifest, Path], pg16: Cluster, pg18: Cluster) -> None:
    world, manifest, _ = kept
    error = refused(world, manifest, "BAK018", expects=pg16.info(dbname="another"))
    assert "refused" in error.what
    # The same name on another server is another database.
    error = refused(world, manifest, "BAK018", expects=pg18.info(dbname="refused"))
    assert manifest.system in error.what
    assert backup.check(world.store, manifest.name, world.key, expects=None) == manifest


def test_its_database_may_be_gone(make_world: MakeWorld, pg18: Cluster) -> None:
    world = make_world(pg18, load=False)
    manifest = world.take()
    pg18.drop_database(world.info.dbname)
    assert backup.check(world.store, manifest.name, world.key, expects=world.info) == manifest


def test_a_server_that_is_too_old(make_world: MakeWorld, pg16: Cluster, pg18: Cluster) -> None:
    world = make_world(pg18, load=False)
    manifest = world.take()
    into = world.empty(pg16)
    with pytest.raises(CutoverError, match=r"taken from PostgreSQL 18, and .* is 16") as found:
        world.restore(manifest, into)
    assert found.value.code == "BAK019"


def test_a_manifest_that_was_changed(kept: tuple[BackupWorld, Manifest, Path]) -> None:
    world, manifest, folder = kept
    file = folder / names.FILE
    text = file.read_text()
    file.write_text(text.replace(manifest.lsn, "0/1"))
    assert "digest" in refused(world, manifest, "BAK012").what
    assert backup.listing(world.store) == []
    for broken in (text[: len(text) // 2], "[]", "", '{"format": 1}', "\x00\xff"):
        file.write_bytes(broken.encode("latin1"))
        refused(world, manifest, "BAK012")
    body = {**json.loads(text), "format": 99}
    file.write_text(json.dumps(body))
    assert "format 99" in refused(world, manifest, "BAK013").what
    assert backup.listing(world.store) == []


def test_unfinished_or_unknown(kept: tuple[BackupWorld, Manifest, Path]) -> None:
    world, manifest, folder = kept
    (folder / names.FILE).unlink()
    assert "no manifest" in refused(world, manifest, "BAK011").what
    assert backup.listing(world.store) == []
    refused(world, replace(manifest, name="points/refused/nobody-20200101T000000Z"), "BAK010")


def test_a_point_that_was_copied_to_another_name(kept: tuple[BackupWorld, Manifest, Path]) -> None:
    world, manifest, folder = kept
    name = f"{manifest.name[:-5]}2222Z"
    folder.rename(world.folder / "store" / name)
    refused(world, replace(manifest, name=name), "BAK018")
    assert backup.listing(world.store) == []


def test_damage_that_comes_after_the_check_is_noticed_by_the_restore(
    kept: tuple[BackupWorld, Manifest, Path], pg16: Cluster
) -> None:
    world, manifest, folder = kept
    data = bytearray((folder / "data-002.age").read_bytes())
    data[-20] ^= 1
    (folder / "data-002.age").write_bytes(data)
    into = world.empty()
    try:
        with pytest.raises(CutoverError) as found:
            world.restore(manifest, into)
        assert found.value.code == "BAK016"
    finally:
        world.close()


def test_a_name_that_leads_out_of_the_store(kept: tuple[BackupWorld, Manifest, Path]) -> None:
    world, _, _ = kept
    with pytest.raises(CutoverError) as found:
        backup.check(world.store, "../../etc", world.key, expects=None)
    assert found.value.code in ("BAK003", "BAK010")


def test_keys_and_stores_that_are_none(tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    infos = {
        "store": ConnectionInfo(
            "store", settings={"path": str(tmp_path), "age_recipients": str(key.to_public())}, kind="fs"
        ),
        "nowhere": ConnectionInfo("nowhere", settings={"age_recipients": str(key.to_public())}, kind="fs"),
        "relative": ConnectionInfo("relative", settings={"path": "backups", "age_recipients": "x"}, kind="fs"),
        "open": ConnectionInfo("open", settings={"path": str(tmp_path)}, kind="fs"),
        "key": ConnectionInfo("key", password=f"{key}\n", kind="generic"),
        "no_key": ConnectionInfo("no_key", password="hunter2", kind="generic"),
    }
    vault = backup.open_vault(infos.__getitem__, "store", "key")
    assert (vault.store.label, str(vault.identity.to_public())) == (str(tmp_path), str(key.to_public()))
    assert "AGE-SECRET" not in repr(vault)
    assert backup.open_vault(infos.__getitem__, "store", None).identity is None
    for names_of, code in (
        (("nowhere", "key"), "BAK004"),
        (("relative", "key"), "BAK004"),
        (("open", "key"), "BAK001"),
    ):
        with pytest.raises(CutoverError) as found:
            backup.open_vault(infos.__getitem__, *names_of)
        assert (found.value.code, names_of[0] in found.value.what) == (code, True)
    with pytest.raises(CutoverError) as found:
        backup.open_vault(infos.__getitem__, "store", "no_key")
    assert found.value.code == "BAK005"
    assert "hunter2" not in str(found.value)
