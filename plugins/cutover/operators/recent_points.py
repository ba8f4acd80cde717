"""The rollback points that a form lists: as the journal knows them, no store is asked while a DAG file is parsed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.messages.words import span, volume
from cutover.operators.recent_runs import CONNECT_SECONDS
from cutover.postgres.connect import connect

RUNS, POINTS = 50, 50
NOTE = 60


@dataclass(frozen=True, slots=True)
class Point:
    """A rollback point of a run. ``told``: what :func:`cutover.postgres.backup.telling.brief` has written down."""

    name: str
    run_id: str
    title: str
    told: dict[str, Any]

    def label(self) -> str:
        """Return when it was, how big it is and what a restore takes. Nothing that changes by itself: see forms."""
        parts = [volume(self.told.get("bytes") or 0), self._restore()]
        if self.told.get("kind") == "schema":
            parts.append("without rows")
        if self.told.get("note"):
            parts.append(str(self.told["note"])[:NOTE])
        when = datetime.fromisoformat(self.told["taken_at"])
        which = f"{when:%Y-%m-%d %H:%M:%S} UTC, {self.told.get('database')}"
        return f"{which}: {', '.join(parts)}; {self.title} ({self.run_id})"

    def _restore(self) -> str:
        seconds = self.told.get("restore_seconds")
        return "not restored yet" if seconds is None else f"restored in {span(seconds)}"


def recent_points(info: ConnectionInfo, strategy: str | None) -> list[Point]:
    """Return up to 50 points of the latest 50 runs; gives up after 2 s for the connection and 1 s for the answer.

    :raises ConnectionRefused: the journal cannot be reached.
    :raises psycopg.Error: it does not answer in time, or there is no journal yet.
    """
    quick = replace(info, extra={**info.extra, "connect_timeout": str(CONNECT_SECONDS), "tcp_user_timeout": "2000"})
    with connect(quick, application="cutover/form", statement_timeout="1s", lock_timeout="1s") as db:
        cursor = db.cursor(row_factory=dict_row)
        asked = {"strategy": strategy, "runs": RUNS, "points": POINTS}
        found = cursor.execute(sqlfiles.text("journal/recent_points"), asked).fetchall()  # type: ignore[arg-type]
    return [Point(str(row["data"]["point"]), row["run_id"], row["title"], row["data"]) for row in found]
