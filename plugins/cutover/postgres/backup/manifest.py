"""What a rollback point says of itself: written last, so that a point without one is half a point."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from cutover.errors import CutoverError

FORMAT = 1
FILE = "manifest.json"
Kind = Literal["full", "schema"]


class ManifestDamaged(CutoverError):
    """A manifest is not what was written."""

    code = "BAK012"


class FormatUnknown(CutoverError):
    """A manifest was written by a release that this one does not understand."""

    code = "BAK013"


@dataclass(frozen=True, slots=True)
class Part:
    """One encrypted file. ``plain``: bytes of the archive inside, which is compressed already.

    :ivar holds: ``main`` (schema and small tables), ``data`` (big tables), ``large_objects`` or ``database`` (what no
        archive has: settings, privileges and owner of the database; who owns what).
    """

    name: str
    holds: str
    size: int
    sha256: str
    plain: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A table with its exact number of rows."""

    schema: str
    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Proved:
    """What restoring it into a scratch database has shown. ``restore_seconds``: from an empty database to ANALYZE."""

    at: str
    server_version: int
    tables: int
    rows: int
    row_diff: int
    restore_seconds: float
    compare_seconds: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """A rollback point. Times are ISO 8601 in UTC, versions as ``server_version_num``, sizes in bytes.

    :ivar name: where it lies in the store; also its name for people.
    :ivar system: the server's system identifier; empty where the login may not see it.
    :ivar taken_at: when its snapshot was taken: the instant to which it leads back. :ivar lsn: the position then.
    :ivar keep_until: it is not retired before; None: as long as points of its prefix are kept.
    """

    name: str
    kind: Kind
    database: str
    system: str
    dbname: str
    run_id: str | None
    migration: str | None
    taken_at: str
    lsn: str
    server_version: int
    program_version: int
    compression: str
    encoding: str
    locale: Mapping[str, str | None]
    owner: str
    recipients: tuple[str, ...]
    parts: tuple[Part, ...]
    tables: tuple[Counted, ...]
    database_bytes: int
    seconds: float
    keep_until: str | None = None
    note: str = ""
    proved: Proved | None = None
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes in the store, without the manifest."""
        return sum(part.size for part in self.parts)

    @property
    def rows(self) -> int:
        """All tables' rows."""
        return sum(table.rows for table in self.tables)

    @property
    def taken(self) -> datetime:
        """``taken_at`` as a moment."""
        return datetime.fromisoformat(self.taken_at)

    @property
    def kept_until(self) -> datetime | None:
        """``keep_until`` as a moment."""
        return datetime.fromisoformat(self.keep_until) if self.keep_until else None

    def of(self, holds: str) -> list[Part]:
        """Return the parts that hold something."""
        return [part for part in self.parts if part.holds == holds]

    def age(self, now: datetime) -> timedelta:
        """How far it would lead back."""
        return now - self.taken

    def to_json(self) -> bytes:
        """Return it as a document with a digest over itself."""
        body = asdict(self)
        return json.dumps({**body, "digest": _digest(body)}, indent=1, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes, where: str) -> Manifest:
        """Read what :meth:`to_json` has written.

        :param where: for the error.
        :raises ManifestDamaged, FormatUnknown: it cannot be read, or not be trusted.
        """
        try:
            body = json.loads(data)
            digest = body.pop("digest")
        except (ValueError, AttributeError, KeyError, TypeError):
            raise _damaged(where, "it is no manifest") from None
        if body.get("format", 0) != FORMAT:
            raise FormatUnknown(
                f"{where} has format {body.get('format')!r}, and this release reads {FORMAT}.",
                fix="restore it with the release that has written it.",
            )
        if digest != _digest(body):
            raise _damaged(where, "its digest is another one")
        try:
            return cls(**{**body, **_nested(body)})
        except (KeyError, TypeError) as error:
            raise _damaged(where, f"it is incomplete ({error})") from None


def _nested(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "recipients": tuple(body["recipients"]),
        "parts": tuple(Part(**part) for part in body["parts"]),
        "tables": tuple(Counted(**table) for table in body["tables"]),
        "proved": Proved(**body["proved"]) if body.get("proved") else None,
    }


def _digest(body: Mapping[str, Any]) -> str:
    assert {"digest"}.isdisjoint(field.name for field in fields(Manifest))
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _damaged(where: str, why: str) -> ManifestDamaged:
    return ManifestDamaged(f"{where} is damaged: {why}.", fix="use another rollback point; this one cannot be trusted.")
