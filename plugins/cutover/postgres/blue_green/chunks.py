"""The copy cut into jobs: large tables into ranges of pages, small ones gathered; the biggest jobs first."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.blue_green.wire import Wire

# A table in one piece is frozen as it comes, which spares work later; so tables are split into jobs only as far as it
# takes to keep all workers busy to the end, give or take this much; within these sizes (bytes).
IDLE = 1.05
JOBS_A_WORKER = 12
SMALLEST_JOB = 16 * 2**20
LARGEST_JOB = 2**30
TABLES_A_JOB = 200


@dataclass(frozen=True, slots=True)
class Size:
    """What there is to copy of one table. ``bytes`` counts values stored apart (TOAST) as well; ``rows`` is a guess."""

    schema: str
    table: str
    persistence: str
    pages: int
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """A table, or the pages of it from ``first`` up to but not including ``end`` (None: all that follow)."""

    wire: Wire
    bytes: int
    first: int = 0
    end: int | None = None

    @property
    def whole(self) -> bool:
        return self.first == 0 and self.end is None

    def pages(self) -> sql.Composable:
        """The WHERE clause; a range of row addresses is read as just these pages."""
        if self.whole:
            return sql.SQL("")
        clause = sql.SQL("WHERE ctid >= {}::tid").format(sql.Literal(f"({self.first},0)"))
        if self.end is not None:
            clause += sql.SQL(" AND ctid < {}::tid").format(sql.Literal(f"({self.end},0)"))
        return clause


Job = Sequence[Part]


def sizes(blue: Db, tables: Sequence[TableMap]) -> dict[str, Size]:
    """Return the size of each table on blue, by label."""
    names = {"schemas": [table.schema for table in tables], "tables": [table.table for table in tables]}
    with blue.cursor(row_factory=class_row(Size)) as cursor:
        found = cursor.execute(sqlfiles.text("blue_green/table_sizes"), names).fetchall()  # type: ignore[arg-type]
    return {f"{size.schema}.{size.table}": size for size in found}


def plan(wires: Sequence[Wire], known: Mapping[str, Size], workers: int) -> list[Job]:
    """Cut the copy into jobs, the biggest first."""
    total = sum(known[wire.table.label].bytes for wire in wires)
    aim = min(max(total // (workers * JOBS_A_WORKER), SMALLEST_JOB), LARGEST_JOB)
    parts: list[Part] = []
    for shares in (1, 2, 4, 8, 16):  # whole tables of up to this part of a worker's share
        most = max(total // (workers * shares), aim)
        parts = [part for wire in wires for part in _cut(wire, known[wire.table.label], aim, most)]
        if most == aim or _longest(parts, workers) <= IDLE * total / workers:
            break
    parts.sort(key=lambda part: part.bytes, reverse=True)
    large = [part for part in parts if part.bytes >= aim // 4]
    jobs: list[list[Part]] = [[part] for part in large]
    gathered: list[Part] = []
    for part in parts[len(large) :]:
        if gathered and (sum(each.bytes for each in gathered) + part.bytes > aim or len(gathered) >= TABLES_A_JOB):
            jobs.append(gathered)
            gathered = []
        gathered.append(part)
    return [*jobs, *([gathered] if gathered else [])]


def _longest(parts: Sequence[Part], workers: int) -> int:
    """How much the worker with most to do has to do, when whoever is free takes the biggest part that is left."""
    busy = [0] * workers
    for part in sorted(parts, key=lambda part: part.bytes, reverse=True):
        heapq.heapreplace(busy, busy[0] + part.bytes)
    return max(busy)


def _cut(wire: Wire, size: Size, aim: int, most: int) -> list[Part]:
    pieces = 1 if size.bytes <= most else max(1, min(-(-size.bytes // aim), size.pages))
    edges = [size.pages * piece // pieces for piece in range(pieces)]
    ends: list[int | None] = [*edges[1:], None]  # the last one open: the table may have grown since
    return [Part(wire, size.bytes // pieces, first, end) for first, end in zip(edges, ends, strict=True)]
