"""How long the doors will be closed: from sizes, from how fast the source is read now, and from what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cutover.context import RunContext
from cutover.postgres.plan.model import Range
from cutover.postgres.stop_the_world import form

# Bytes per second on two cores with other work beside it: a rollback point (dumped, compressed, encrypted), its
# restore, and rewriting or reading a table within the server.
SAVE, RESTORE, REWRITE, READ = 25e6, 15e6, 60e6, 200e6
GOOD, BAD, LEAST = 0.5, 3.0, 0.2
# Hooks, fence, sessions, opening; measured with few tables, and so much more for each of them.
# Between the steps: Airflow notices that one has ended, and starts a process for the next.
BETWEEN = Range(2.0, 10.0)
DOORS, PER_TABLE = Range(0.3, 3.0), Range(0.0005, 0.004)


@dataclass(frozen=True, slots=True)
class Tried:
    """What was measured before the window: seconds for a rollback point, and to restore it (None: nobody tried)."""

    save: float
    restore: float | None


def estimate(ctx: RunContext, tried: Tried | None = None) -> dict[str, Any]:
    """Forecast the downtime, and how long going back would take.

    :param tried: measured seconds; they take the place of guesses.
    :returns: ``{"downtime_s": {"low", "high"}, "parts": {name: {"low", "high"}}, "budget_s", "over", "recovery_s":
        {"low", "high"}, "measured": [what was]}``. ``drain`` counts from nothing to all of it.
    :raises ConnectionRefused: the source cannot be reached.
    """
    from cutover.postgres.plan_pair import estimate as speeds
    from cutover.postgres.plan_pair import measure
    from cutover.postgres.preflight_pair import gather

    with gather.session(ctx, "blue") as (db, _):
        structure = gather.structure_of(db)
        speed = measure.measure(db, structure)
    tables = list(structure.tables.values())
    heap = sum(table.relation.bytes_estimated for table in tables)
    whole = heap + sum(table.relation.index_bytes for table in tables)
    drain = Range(0.0, ctx.spec.cutover.drain.total_seconds())
    parts = {"drain": drain, "doors": _doors(len(tables)), "steps": BETWEEN}
    measured = [f"{speed.table} was read at {speed.per_second / 1e6:.0f} MB/s"] if speed else []
    if form.across(ctx):
        times = speeds.times(tables, 0, ctx.spec.backfill.workers, speed)
        parts |= {"copy": times.copy, "index": times.index, "verify": times.verify}
        recovery = _doors(len(tables))
    else:
        parts |= {
            "save": _measured(tried.save) if tried else _range(heap / SAVE),
            "migrate": Range(LEAST, max(LEAST, whole / REWRITE * BAD)),
            "verify": _range(heap / READ),
        }
        proved = tried.restore if tried else None
        recovery = _measured(proved) if proved is not None else _range(whole / RESTORE)
        recovery = recovery + parts["save"] + parts["doors"]
        measured += [f"a rollback point took {tried.save:.1f} s"] if tried else []
        measured += [f"restoring it took {proved:.1f} s"] if proved is not None else []
    total = sum(parts.values(), Range(0.0, 0.0))
    budget = ctx.spec.cutover.max_downtime.total_seconds()
    return {
        "downtime_s": _shown(total),
        "parts": {name: _shown(part) for name, part in parts.items()},
        "budget_s": budget,
        "over": total.high > budget,
        "recovery_s": _shown(recovery),
        "measured": measured,
    }


def _doors(tables: int) -> Range:
    return DOORS + Range(PER_TABLE.low * tables, PER_TABLE.high * tables)


def _range(seconds: float) -> Range:
    return Range(max(LEAST, seconds * GOOD), max(LEAST, seconds * BAD))


def _measured(seconds: float) -> Range:
    """What took so long before will take about as long again: with nobody else at work, rather less."""
    return Range(seconds * 0.7, max(LEAST, seconds * 1.5))


def _shown(part: Range) -> dict[str, float]:
    return {"low": round(part.low, 1), "high": round(part.high, 1)}
