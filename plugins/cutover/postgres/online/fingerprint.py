"""A table's complete definition as data, without oids: taken before, compared after a rollback."""

from __future__ import annotations

from typing import Any

import psycopg

from cutover import sqlfiles


def take(db: psycopg.Connection[Any], table: int) -> dict[str, Any]:
    """Return the definition of a table and of what hangs on it; capture triggers are left out."""
    row = db.execute(sqlfiles.text("online/fingerprint"), {"table": table}).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return dict(row[0])


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return one line for each part that is not as it was."""
    lines = []
    for part in sorted(before.keys() | after.keys()):
        was, now = before.get(part), after.get(part)
        if was == now:
            continue
        if isinstance(was, list) and isinstance(now, list):
            lines += [f"{part}: missing: {item}" for item in was if item not in now]
            lines += [f"{part}: new: {item}" for item in now if item not in was]
        else:
            lines.append(f"{part}: was {was}, is {now}")
    return lines
