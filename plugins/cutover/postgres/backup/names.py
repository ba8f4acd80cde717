"""How rollback points are called: ``<prefix>/<database>/<run or manual>-<UTC time>``, and their parts below that."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote

from cutover.postgres.backup.manifest import FILE

POINTS, BACKUPS = "points", "backups"
MANUAL = "manual"
STAMP = "%Y%m%dT%H%M%SZ"
_ENDING = re.compile(r"-(\d{8}T\d{6}Z)(?:\.\d+)?$")
# A folder of a store: everything else may mean something to a file system or to S3.
_SAFE = "._-@+=,"


def folder(prefix: str, dbname: str) -> str:
    """Return where the points of a database are, with a slash at the end."""
    return f"{prefix.strip('/')}/{safe(dbname)}/"


def of(prefix: str, dbname: str, run_id: str | None, at: datetime, again: int = 0) -> str:
    """Return a point's name.

    :param again: how many of that name there are already.
    """
    stamp = at.astimezone(UTC).strftime(STAMP)
    return f"{folder(prefix, dbname)}{safe(run_id or MANUAL)}-{stamp}{f'.{again}' if again else ''}"


def safe(text: str) -> str:
    """Return ``text`` as one step of a path: what is not plain is percent-encoded, and it is no hidden file."""
    found = quote(text, safe=_SAFE)
    return f"%2E{found[1:]}" if found.startswith(".") else found


def begun(name: str) -> datetime | None:
    """Return when a point of that name was begun; None where the name is none of ours."""
    found = _ENDING.search(name)
    return datetime.strptime(found[1], STAMP).replace(tzinfo=UTC) if found else None


def manifest(name: str) -> str:
    """Return the name of a point's manifest."""
    return f"{name}/{FILE}"


def grouped(names: list[str]) -> dict[str, list[str]]:
    """Return what belongs to each point, by the point's name."""
    found: dict[str, list[str]] = {}
    for name in names:
        point, _, _ = name.rpartition("/")
        if begun(point):
            found.setdefault(point, []).append(name)
    return found
