"""The words of announcements: files under ``include/messages/announcements/<audience>``, one for each moment.

A file ``<moment>.<strategy>.md`` goes before ``<moment>.md``. A moment without a file is not told to that audience.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cutover.journal.records import Event, Progress, Run
from cutover.messages import facts
from cutover.messages.announcements.entry import Entry
from cutover.messages.head import link, waits_for
from cutover.messages.templates import render
from cutover.spec.announcing import Audience
from cutover.spec.durations import parse_duration
from cutover.sqlfiles import include_folder

FOLDER = "announcements"


def exists(audience: str, moment: str, strategy: str) -> bool:
    """Return whether this audience is told of this moment at all."""
    return _name(audience, moment, strategy) is not None


def fill(entry: Entry, audience: Audience, values: Mapping[str, Any], *, late: bool) -> str:
    """Return the text, which says of itself when it is late.

    :param values: what :func:`of_run` or :func:`of_spec` returns.
    :raises MessageTemplateBroken: no such text, or it uses a value that is not given.
    """
    strategy = str(values["strategy"]).replace("-", "_")
    name = _name(entry.audience, entry.moment, strategy) or f"{FOLDER}/{entry.audience}/{entry.moment}"
    known = {**values, "service": audience.service or values["title"], "due": entry.at, **entry.values}
    text = render(name, known)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return f"{text}\n\n{render(f'{FOLDER}/late', known)}" if late else text


def of_spec(spec: Mapping[str, Any], begins: datetime | None, now: datetime) -> dict[str, Any]:
    """Return the values for texts before there is a run.

    :param spec: the migration's snapshot.
    """
    none = {
        "link": None,
        "waits_for": None,
        "copied": None,
        "delay_s": 0.0,
        "completed_at": None,
        "window_left_s": None,
    }
    return {**facts.of_spec(spec), **none, **_of_plan(spec), **_times(begins, now), "before": None, "now": now}


def of_run(
    run: Run, events: Sequence[Event], progress: Sequence[Progress], begins: datetime | None, now: datetime
) -> dict[str, Any]:
    """Return the values for texts of a run.

    :param begins: the time that was announced; none: the run's own.
    """
    opened = [event.at for event in events if event.kind == "state" and (event.data or {}).get("to") == "window"]
    left = (run.window_ends_at - now).total_seconds() if run.window_ends_at else None
    return {
        **facts.of_run(run),
        **_of_plan(run.spec),
        **_times(begins or run.started_at, now),
        "link": link(list(events)),
        "waits_for": waits_for(list(events)),
        "copied": facts.copied(progress),
        "delay_s": 0.0,
        "completed_at": opened[0] if opened else None,
        "window_left_s": left,
        "before": None,
        "now": now,
    }


def _times(begins: datetime | None, now: datetime) -> dict[str, Any]:
    return {"begins_at": begins, "begins_in": (begins - now).total_seconds() if begins else None}


def _of_plan(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the migration promises, in seconds, and what becomes of the old side."""
    cutover, rollback = spec.get("cutover") or {}, spec.get("rollback") or {}
    tables = [table.get("old_table") or "archive" for table in spec.get("tables") or ()]
    fates = {str(rollback.get("old_database") or "archive")} if spec.get("target") else set(tables) or {"archive"}
    return {
        "source": spec.get("source"),
        "target": spec.get("target"),
        "max_pause_s": parse_duration(cutover.get("max_pause") or "3s").total_seconds(),
        "max_downtime_s": parse_duration(cutover.get("max_downtime") or "15m").total_seconds(),
        "clients": cutover.get("clients") or "hold",
        "window_s": parse_duration(rollback.get("window") or "48h").total_seconds(),
        "automatic": bool(rollback.get("automatic", True)),
        "fate": fates.pop() if len(fates) == 1 else "mixed",
    }


def _name(audience: str, moment: str, strategy: str) -> str | None:
    folder = include_folder() / "messages"
    names = (f"{FOLDER}/{audience}/{moment}.{strategy}", f"{FOLDER}/{audience}/{moment}")
    return next((name for name in names if (folder / f"{name}.md").is_file()), None)
