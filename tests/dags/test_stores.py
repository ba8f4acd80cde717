"""Both kinds of stores, by one contract: a folder, and S3 by the Amazon provider's hook against a real S3 server."""

from __future__ import annotations

import io
import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from cutover.connections import ConnectionInfo, from_environment
from cutover.errors import CutoverError
from cutover.operators import s3_store
from cutover.operators.s3_store import S3Store
from cutover.operators.stores import open_store
from cutover.postgres import backup
from cutover.postgres.backup import FolderStore, Store
from cutover.postgres.backup.store import NotInStore, NotStored, StoreUnknown, read
from cutover.postgres.task import Work
from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from localstack.s3 import S3Server
from support.backup_world import BackupWorld, contents


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server."""
    found = S3Server(tmp_path_factory.mktemp("s3"), "access-key", "secret-key", buckets=("cutover", "second"))
    process = found.start()
    yield found
    process.stop()


@pytest.fixture
def s3(server: S3Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> S3Store:
    """A store in a prefix of its own."""
    fields: Any = server.connection()
    fields["extra"]["cutover"]["prefix"] = f"/kept here/{request.node.name.replace('/', '_')}"
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_BACKUPS", json.dumps(fields))
    found = open_store(from_environment("cutover_backups"))
    assert isinstance(found, S3Store)
    return found


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    return request.getfixturevalue("s3")  # type: ignore[no-any-return]


class Stream(io.BytesIO):
    """Gives its bytes a few at a time, as a pipe does, and can break."""

    breaks_at: int | None = None

    def read(self, size: int | None = -1) -> bytes:
        if self.breaks_at is not None and self.tell() >= self.breaks_at:
            raise RuntimeError("the stream broke")
        return super().read(min(100_003, size if size is not None and size >= 0 else 100_003))


def random_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("size", [0, 1, 100_003, 8 << 20, (8 << 20) + 1, 20 << 20])
def test_what_is_put_can_be_read(store: Store, size: int) -> None:
    data = random_bytes(size)
    assert store.put("a/b c.age", Stream(data)) == size
    assert store.size("a/b c.age") == size
    assert read(store, "a/b c.age") == data
    assert store.names("") == ["a/b c.age"]
    store.put("a/b c.age", io.BytesIO(b"again"))
    assert read(store, "a/b c.age") == b"again"


@pytest.mark.parametrize("at", [0, 5_000_000, 19_000_000])
def test_what_breaks_leaves_nothing(store: Store, at: int, tmp_path: Path) -> None:
    stream = Stream(random_bytes(20 << 20))
    stream.breaks_at = at
    with pytest.raises(RuntimeError, match="broke"):
        store.put("a/whole", stream)
    assert store.names("") == []
    assert store.size("a/whole") is None
    assert store.sweep("") == 0, "nothing was left to be swept"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_names_are_listed_by_prefix(store: Store) -> None:
    for name in ("points/a/one", "points/a/two", "points/ab/three", "backups/a/four"):
        store.put(name, io.BytesIO(b"x"))
    assert store.names("points/a/") == ["points/a/one", "points/a/two"]
    assert store.names("points/a") == ["points/a/one", "points/a/two", "points/ab/three"]
    assert store.names("points/a/o") == ["points/a/one"]
    assert store.names("nothing/") == []
    store.delete(["points/a/one", "points/a/one", "never/was"])
    store.delete([])
    assert store.names("") == ["backups/a/four", "points/a/two", "points/ab/three"]


def test_what_is_not_there(store: Store) -> None:
    assert store.size("a/b") is None
    with pytest.raises(NotInStore, match="a/b"), store.open("a/b"):
        pass


def test_many_names_at_once(s3: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_store, "DELETED_AT_ONCE", 3)
    names = [f"many/{n}" for n in range(8)]
    for name in names:
        s3.put(name, io.BytesIO(b"x"))
    s3.delete(names)
    assert s3.names("many/") == []


def test_pieces_grow_with_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_store, "FIRST_PIECE", 10)
    monkeypatch.setattr(s3_store, "GROWS_EVERY", 3)
    sizes = [len(piece) for piece in s3_store._growing(io.BytesIO(bytes(120)))]
    assert sizes == [10, 10, 10, 20, 20, 20, 30]
    # 10,000 pieces of the real sizes are more than S3 takes as one object.
    assert sum((8 << 20) << (n // 1000) for n in range(10_000)) > 5 << 40


def test_an_upload_that_nobody_goes_on_with_is_swept(s3: S3Store, server: S3Server) -> None:
    key = f"{s3._prefix}points/shop/r-20260101T000000Z/main.age"
    upload = s3.client.create_multipart_upload(Bucket="cutover", Key=key)
    s3.client.upload_part(Bucket="cutover", Key=key, UploadId=upload["UploadId"], PartNumber=1, Body=b"x" * (5 << 20))
    listed = s3.client.list_multipart_uploads(Bucket="cutover", Prefix=key).get("Uploads")
    if not listed:
        pytest.skip("this S3 server lists no unfinished uploads")
    assert s3.names("") == []
    assert s3.sweep("points/", before=datetime.now(UTC) - timedelta(days=2)) == 0
    assert s3.sweep("points/") == 1
    assert s3.sweep("points/") == 0


def test_a_wrong_secret_or_bucket_is_named_and_not_shown(s3: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = json.loads(os.environ["AIRFLOW_CONN_CUTOVER_BACKUPS"])
    fields["password"] = "another secret"
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", json.dumps(fields))
    wrong = open_store(from_environment("wrong"))
    for work in (lambda: wrong.put("x", io.BytesIO(b"x")), lambda: wrong.names(""), lambda: wrong.size("x")):
        with pytest.raises(NotStored, match="wrong") as refused:
            work()
        assert "another secret" not in str(refused.value)
    gone = S3Store(replace(from_environment("cutover_backups"), settings={"bucket": "no-such-bucket"}))
    with pytest.raises(NotStored, match="no-such-bucket"):
        gone.put("x", io.BytesIO(b"x"))


def test_which_store_a_connection_is(tmp_path: Path) -> None:
    folder = open_store(ConnectionInfo("f", settings={"path": str(tmp_path)}, kind="fs"))
    assert folder.label == str(tmp_path)
    with pytest.raises(StoreUnknown, match="names no bucket"):
        open_store(ConnectionInfo("s", kind="aws"))
    with pytest.raises(StoreUnknown, match="names no folder"):
        open_store(ConnectionInfo("x", kind="generic"))


def test_a_rollback_point_in_s3(s3: S3Store, pg18: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken, proven, listed, checked, restored, damaged and retired, all in S3."""
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))
    world = BackupWorld(pg18, pg18.create_database("in_s3"), tmp_path)
    world.others.append((pg18, "in_s3"))
    try:
        world.load()
        key = pyrage.x25519.Identity.generate()
        task = Work("manual")
        manifest = backup.prove(task, world.info, s3, [key.to_public()], key, name_prefix=backup.BACKUPS)
        assert [found.name for found in backup.listing(s3)] == [manifest.name]
        assert backup.check(s3, manifest.name, key, expects=world.info) == manifest
        into = world.empty()
        backup.restore(task, s3, manifest, key, into)
        assert contents(into) == contents(world.info)
        name = f"{manifest.name}/data-001.age"
        data = bytearray(read(s3, name))
        data[len(data) // 2] ^= 1
        s3.put(name, io.BytesIO(bytes(data)))
        with pytest.raises(CutoverError) as refused:
            backup.check(s3, manifest.name, key, expects=world.info)
        assert refused.value.code == "BAK016"
        newer = backup.take(task, world.info, s3, [key.to_public()])
        assert backup.retire(s3, now=datetime.now(UTC) + timedelta(days=40)) == [manifest.name]
        assert [found.name for found in backup.listing(s3)] == [newer.name]
    finally:
        world.close()
