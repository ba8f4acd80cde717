"""What clients have written since the doors opened: as the server counts rows, table by table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cutover import sqlfiles
from cutover.context import Db
from cutover.postgres.stop_the_world.clock import Moment

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Written:
    """:param tables: rows that were written, by table; empty where nothing was. :param minutes: since the doors opened.
    :param emptied: tables that are gone, or were emptied or rewritten as a whole, which counts no rows.
    :param why: what was written cannot be told, and why; it has to be taken for something then.
    """

    tables: dict[str, int]
    minutes: float
    emptied: tuple[str, ...] = ()
    why: str = ""

    @property
    def anything(self) -> bool:
        return bool(self.tables or self.emptied or self.why)

    @property
    def rows(self) -> int:
        return sum(self.tables.values())

    def __str__(self) -> str:
        if self.why:
            return f"whatever was written in the last {self.minutes:.1f} minutes ({self.why})"
        most = sorted(self.tables.items(), key=lambda item: -item[1])
        named = ", ".join(f"{rows:,} in {table}" for table, rows in most[:SHOWN])
        more = f" and more in {len(most) - SHOWN} further tables" if len(most) > SHOWN else ""
        text = f"{self.rows:,} rows written in {self.minutes:.1f} minutes"
        text += f": {named}{more}" if named else ""
        return text + (f"; emptied or gone: {', '.join(self.emptied[:SHOWN])}" if self.emptied else "")

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "tables": self.tables,
            "emptied": list(self.emptied),
            "minutes": round(self.minutes, 2),
            "unknown": self.why or None,
        }


def remember(db: Db) -> dict[str, Any]:
    """Return what the counters say now, for :func:`since`."""
    return {"counters": _counters(db), "reset": _reset(db)}


def since(db: Db, before: dict[str, Any] | None, opened_at: str | None) -> Written:
    """Return what was written since ``before`` was remembered."""
    minutes = Moment.of(db).since(opened_at) / 60 if opened_at else 0.0
    if before is None:
        return Written({}, minutes, why="nobody has counted")
    now, then = _counters(db), dict(before["counters"])
    kept = [label for label in then if label in now and now[label][1] == then[label][1]]
    if _reset(db) != before.get("reset") or any(now[label][0] < then[label][0] for label in kept):
        return Written({}, minutes, why="the server's counters were reset meanwhile")
    rows = {label: max(n - then.get(label, (0, 0))[0], 0) for label, (n, _) in now.items()}
    emptied = tuple(sorted(set(then) - set(kept)))
    return Written({label: n for label, n in rows.items() if n}, minutes, emptied)


def _counters(db: Db) -> dict[str, tuple[int, int]]:
    """By table: rows inserted, updated and deleted, and the file that it is in."""
    return {
        row[0]: (int(row[1]), int(row[2] or 0)) for row in db.execute(sqlfiles.text("stop_the_world/written").encode())
    }


def _reset(db: Db) -> str | None:
    row = db.execute("SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return row[0].isoformat() if row and isinstance(row[0], datetime) else None
