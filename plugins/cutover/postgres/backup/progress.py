"""How far a dump is: rows that the server has sent, table by table, asked for once a second."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

import psycopg

from cutover import sqlfiles
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.backup.archiving import STEP
from cutover.postgres.backup.snapshot import Held, Table
from cutover.postgres.online.meter import Meter
from cutover.postgres.task import Task

EVERY = 1.0


class Watching:
    """Counts rows for the journal; thread-safe. Estimates until :meth:`finish`."""

    def __init__(self, ctx: Task, held: Held) -> None:
        self._total = sum(table.rows for table in held.tables)
        self._known = {table.oid: table.rows for table in held.tables}
        self._meter = Meter(ctx, STEP, "rows", self._total)
        self._seen: dict[int, int] = {}
        self._lock = threading.Lock()

    def over(self, tables: Sequence[Table]) -> None:
        """These tables are dumped."""
        self._saw({table.oid: table.rows for table in tables})

    def look(self, db: Db, application: str) -> None:
        """Ask the server."""
        rows = db.execute(sqlfiles.text("backup/copying"), {"application": application}).fetchall()  # type: ignore[arg-type]
        self._saw({oid: min(rows, self._known.get(oid, rows)) for oid, rows in rows})

    def finish(self, rows: int) -> None:
        """All is done, with the exact number."""
        self._meter.finish(rows)

    def _saw(self, found: dict[int, int]) -> None:
        with self._lock:
            for oid, rows in found.items():
                self._seen[oid] = max(rows, self._seen.get(oid, 0))
            done = sum(self._seen.values())
        self._meter.at(done, self._total)


@contextlib.contextmanager
def watching(ctx: Task, held: Held) -> Iterator[Watching]:
    """Watch the dumps of this task for the block."""
    found, over = Watching(ctx, held), threading.Event()
    application = f"cutover/{ctx.run_id}/{STEP}"[:63]

    def watch() -> None:
        # What cannot be seen is not shown; that is no reason for a dump to fail.
        with contextlib.suppress(psycopg.Error, CutoverError), ctx.open(held.info, f"{STEP}-look") as db:
            while not over.wait(EVERY):
                found.look(db, application)

    thread = threading.Thread(target=watch, name="cutover-backup-look", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join(timeout=10)
