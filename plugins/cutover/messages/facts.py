"""The values that the texts may use, taken from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cutover.journal.check import Check
from cutover.journal.records import Progress, Run

# Shown as a bar; what other steps tell is a line of text at most.
COUNTED_STEPS = ("backfill", "copy")
# An item that adds up all others of its step.
TOTAL = "total"


def of_run(run: Run) -> dict[str, Any]:
    """Return what is known of a run: always the same names, so that any text may use any of them."""
    announce = run.spec.get("announce") or {}
    return {
        "run_id": run.run_id,
        "migration": run.migration,
        "title": run.title,
        "strategy": run.strategy.replace("_", "-"),
        "database": run.database,
        "owner": run.spec.get("owner"),
        "tables": [str(table.get("name")) for table in run.spec.get("tables") or []],
        "state": run.state,
        "reason": first_line(run.reason),
        "triggered_by": run.triggered_by,
        "dry_run": run.dry_run,
        "started_at": run.started_at,
        "swapped_at": run.swapped_at,
        "window_ends_at": run.window_ends_at,
        "ended_at": run.ended_at,
        "window_start": announce.get("window_start"),
        "runbook": None,
        "post_mortem": None,
    }


def of_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a migration before there is a run, by the names of :func:`of_run`.

    :param spec: its snapshot.
    """
    never = ("run_id", "reason", "triggered_by", "started_at", "swapped_at", "window_ends_at", "ended_at")
    return {
        **dict.fromkeys(never),
        "migration": spec.get("name"),
        "title": spec.get("title"),
        "strategy": str(spec.get("strategy")).replace("_", "-"),
        "database": spec.get("source"),
        "owner": spec.get("owner"),
        "tables": [str(table.get("name")) for table in spec.get("tables") or []],
        "state": "planned",
        "dry_run": False,
        "window_start": (spec.get("announce") or {}).get("window_start"),
    }


def of_checks(checks: Iterable[Check]) -> dict[str, Any]:
    """Return ``passed`` and ``failed`` (lists of ``{name, object, summary}``), and ``warnings``."""
    shown: dict[str, list[dict[str, Any]]] = {"passed": [], "failed": [], "warnings": []}
    for check in checks:
        kind = "passed" if check.ok else ("failed" if check.blocks else "warnings")
        shown[kind].append({"name": check.name, "object": check.object, "summary": first_line(check.summary)})
    return shown


def copied(progress: Iterable[Progress], steps: Iterable[str] = COUNTED_STEPS) -> dict[str, Any] | None:
    """Add up the counted steps: ``done`` and ``total`` rows, ``share`` (0 to 1), ``rate`` and ``eta_seconds``.

    ``None`` before anything is counted or where the total is not known.
    """
    wanted = frozenset(steps)
    items = [p for p in progress if p.step in wanted and p.total is not None]
    items = [p for p in items if p.item == TOTAL] or items
    total = sum(p.total or 0 for p in items)
    if not total:
        return None
    # The total is an estimate from the catalog: it can turn out too small.
    done = sum(min(p.done, p.total or 0) for p in items)
    open_items = [p for p in items if p.done < (p.total or 0)]
    etas = [p.eta_seconds for p in open_items if p.eta_seconds is not None]
    return {
        "done": sum(p.done for p in items),
        "total": max(total, sum(p.done for p in items)),
        "share": done / total,
        "rate": sum(p.rate or 0.0 for p in open_items) or None,
        "eta_seconds": sum(etas) if etas else None,
    }


def first_line(text: str | None, limit: int = 300) -> str | None:
    """Return the first line of an error: the rest belongs into the log, not into a channel."""
    if not text or not text.strip():
        return None
    line = text.strip().splitlines()[0].strip()
    return line if len(line) <= limit else line[: limit - 1] + "\u2026"
