"""Is this rollback point whole, genuine, readable with this key, and of this database? Asked before all else."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionRefused
from cutover.postgres.backup import names
from cutover.postgres.backup.crew import together
from cutover.postgres.backup.manifest import Manifest, Part
from cutover.postgres.backup.refusals import (
    ForeignDatabase,
    OtherKey,
    PartDamaged,
    PartMissing,
    PartTruncated,
    PointUnfinished,
    PointUnknown,
    ServerTooOld,
)
from cutover.postgres.backup.sealed import NotDecrypted, Tap, decrypt
from cutover.postgres.backup.store import NotInStore, Store, read
from cutover.postgres.connect import connect
from cutover.postgres.maintenance import MAINTENANCE
from cutover.postgres.online.meter import Meter
from cutover.postgres.task import Task, Work

OTHER = "use another rollback point (python -m cutover backups lists them); this one cannot be restored."
WORKERS = 2


def load(store: Store, name: str) -> Manifest:
    """Read a point's manifest.

    :raises PointUnknown, PointUnfinished, ManifestDamaged, FormatUnknown: there is none to rely on.
    """
    place = f"rollback point {name} in {store.label}"
    try:
        found = Manifest.from_json(read(store, names.manifest(name)), f"the manifest of {place}")
    except NotInStore:
        if store.names(f"{name}/"):
            raise PointUnfinished(f"{place} has no manifest: it was not written to its end.", fix=OTHER) from None
        raise PointUnknown(f"there is no {place}.", fix="python -m cutover backups lists what there is.") from None
    if found.name != name:
        raise ForeignDatabase(f"{place} says that it is {found.name}.", fix=OTHER)
    return found


def check(
    store: Store, name: str, identity: Any, *, expects: ConnectionInfo | None, ctx: Task | None = None
) -> Manifest:
    """Read every byte of a rollback point: sizes, checksums, and that this key decrypts it.

    :param expects: the database that it must be of (the same server and name); None: any, for a rehearsal.
    :param ctx: whose progress it is, and who can stop it.
    :raises PartMissing, PartTruncated, PartDamaged, OtherKey, ForeignDatabase, ServerTooOld: and as :func:`load`.
    """
    manifest = load(store, name)
    if expects is not None:
        belongs(manifest, expects)
    check_parts(ctx or Work("check"), store, manifest, identity)
    return manifest


def check_parts(ctx: Task, store: Store, manifest: Manifest, identity: Any) -> None:
    """Check every part; the sizes of all of them first, since that costs nothing."""
    for part in manifest.parts:
        size(store, manifest, part)
    meter = Meter(ctx, "check", "bytes", manifest.size, unit="bytes")
    biggest = sorted(manifest.parts, key=lambda part: -part.size)
    together(ctx, [partial(_read, store, manifest, part, identity, meter) for part in biggest], WORKERS)
    meter.finish(manifest.size)


def belongs(manifest: Manifest, expects: ConnectionInfo) -> None:
    """See that a point is of the database of a connection, whose server may have lost it just now.

    :raises ForeignDatabase, ServerTooOld: it is not, or that server is older than the one that it was taken from.
    """
    about = _about(expects)
    wanted, there = (about["system"], expects.dbname), (manifest.system, manifest.dbname)
    if manifest.dbname != expects.dbname or (all((wanted[0], there[0])) and wanted != there):
        raise ForeignDatabase(
            f"rollback point {manifest.name} is of {manifest.database}, server {manifest.system or 'unknown'}, and"
            f" {expects.label()} is on server {about['system'] or 'unknown'}.",
            fix="name a rollback point of that database.",
        )
    fits(manifest, about["server_version"], expects)


def fits(manifest: Manifest, server_version: int, info: ConnectionInfo) -> None:
    """:raises ServerTooOld: the server is of an older major version than the one that the point was taken from."""
    if server_version // 10000 < manifest.server_version // 10000:
        raise ServerTooOld(
            f"rollback point {manifest.name} was taken from PostgreSQL {manifest.server_version // 10000}, and"
            f" {info.label()} is {server_version // 10000}.",
            fix=f"restore it on a server of version {manifest.server_version // 10000} or newer.",
        )


def size(store: Store, manifest: Manifest, part: Part) -> None:
    """:raises PartMissing, PartTruncated: the part is not there, or not as long as it was."""
    there = store.size(f"{manifest.name}/{part.name}")
    if there is None:
        raise PartMissing(f"{_place(store, manifest, part)} is gone.", fix=OTHER)
    if there != part.size:
        what = "truncated" if there < part.size else "too long"
        raise PartTruncated(f"{_place(store, manifest, part)} is {what}: {there} bytes of {part.size}.", fix=OTHER)


def unsealed(store: Store, manifest: Manifest, part: Part, reader: Tap, writer: Tap, identity: Any) -> None:
    """Decrypt one part, and see that every byte of it was what was written.

    :param reader: hashes.
    :raises PartDamaged, OtherKey: what ``writer`` has had until then is genuine as far as it goes.
    """
    failed: NotDecrypted | None = None
    try:
        decrypt(reader, writer, identity)
    except NotDecrypted as error:
        failed = error
    reader.drain()
    if reader.sha256 != part.sha256:
        raise PartDamaged(
            f"{_place(store, manifest, part)} is damaged: its sha256 is {reader.sha256[:16]}... and was"
            f" {part.sha256[:16]}...",
            fix=OTHER,
        )
    if failed or writer.size != part.plain:
        raise OtherKey(
            f"{_place(store, manifest, part)} cannot be decrypted with this key: it was encrypted for"
            f" {', '.join(manifest.recipients)}.",
            fix="put the private key of one of these into the connection that backup: key: names.",
        )


def _read(store: Store, manifest: Manifest, part: Part, identity: Any, meter: Meter, task: Task) -> None:
    def tell(count: int) -> None:
        task.cancel.check()
        meter.add(count)

    with store.open(f"{manifest.name}/{part.name}") as stream:
        unsealed(store, manifest, part, Tap(stream, tell, hashing=True), Tap(None), identity)


def _place(store: Store, manifest: Manifest, part: Part) -> str:
    return f"{part.name} of rollback point {manifest.name} in {store.label}"


def _about(info: ConnectionInfo) -> dict[str, Any]:
    """Ask the server about itself; the database may be gone, and then its neighbour answers."""
    try:
        db = connect(info, application="cutover/check")
    except ConnectionRefused:
        db = connect(replace(info, dbname=MAINTENANCE), application="cutover/check")
    with db, db.cursor(row_factory=dict_row) as cursor:
        found: dict[str, Any] | None = cursor.execute(sqlfiles.text("backup/database")).fetchone()  # type: ignore[arg-type]
    assert found is not None, "a session is in a database"
    return found
