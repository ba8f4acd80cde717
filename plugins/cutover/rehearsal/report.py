"""The report of a night, or of one rehearsal: Markdown for people; what it says is what the journal has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cutover.journal.records import Rehearsal, Run
from cutover.messages.words import between, moment, span, volume
from cutover.rehearsal.verdicts import WORDS, spoken

MARKS = {"go": "✅", "no_go": "❌", "not_rehearsed": "⚪", None: "…"}


def headline(rehearsals: Sequence[Rehearsal]) -> str:
    """Return ``4 go, 1 no-go``."""
    counts = {verdict: sum(one.verdict == verdict for one in rehearsals) for verdict in WORDS}
    told = [f"{number} {WORDS[verdict]}" for verdict, number in counts.items() if number]
    return ", ".join(told) or "nothing was planned"


def markdown(night: Run, rehearsals: Sequence[Rehearsal]) -> str:
    """Return the night's report."""
    lines = [
        f"# Nightly dry run of {moment(night.started_at)}: {headline(rehearsals)}",
        "",
        "| migration | strategy | verdict | there | back | pause or downtime | size | forecast |",
        "|---|---|---|---|---|---|---|---|",
        *(f"| {' | '.join(map(cell, row(one)))} |" for one in rehearsals),
        "",
    ]
    for one in rehearsals:
        lines += [*section(one), ""]
    return "\n".join(lines)


def row(one: Rehearsal) -> list[str]:
    """Return what the table says of one rehearsal."""
    run: Mapping[str, Any] = next(iter(one.figures.get("runs") or []), {})
    ahead = one.figures.get("forecast") or {}
    about = "at a guess " if ahead.get("guess") else ""
    return [
        one.migration,
        one.strategy.replace("_", "-"),
        f"{MARKS[one.verdict]} {spoken(one.verdict)}",
        _span(run.get("seconds")) if run.get("arrived") else "-",
        _span(run.get("back_seconds")),
        felt(run) or "-",
        volume(one.figures["bytes"]) if one.figures.get("bytes") else "-",
        about + _span(ahead.get("seconds")),
    ]


def felt(run: Mapping[str, Any]) -> str | None:
    """Return what clients felt, there and back."""
    for name, word, unit in (("downtime_s", "downtime", 1.0), ("pause_ms", "pause", 0.001)):
        if run.get(name) is not None:
            back = run.get(f"back_{name}")
            return f"{word} {span(run[name] * unit)}" + (f", {span(back * unit)} back" if back is not None else "")
    return None


def section(one: Rehearsal) -> Iterator[str]:
    """Yield one rehearsal's part."""
    yield f"## {cell(one.title)} (`{one.migration}`): {spoken(one.verdict)}"
    yield ""
    yield from _list("Why", one.reasons)
    yield from _list("Since the last rehearsal", one.figures.get("changes") or [])
    runs = one.figures.get("runs") or []
    yield from _list("Risks that preflight names", runs[0]["risks"] if runs else [])
    yield from _list("Checks with a warning", runs[0]["warnings"] if runs else [])
    yield from _list("Measured", measured(one))
    if runs:
        yield from _list("Steps of the first run", [f"{name}: {span(s)}" for name, s in runs[0]["steps"]])


def measured(one: Rehearsal) -> list[str]:
    """Return the figures of a rehearsal, a line each."""
    found = []
    for conn_id, copy in (one.figures.get("copies") or {}).items():
        text = f"copy of {conn_id}: {volume(copy['bytes'])} in {span(copy['seconds'])} ({copy['how']})"
        found.append(text)
    for table, number in (one.figures.get("masked") or {}).items():
        found.append(f"{table}: {number:,} rows masked")
    for name, run in zip(("there and back", "there again"), one.figures.get("runs") or [], strict=False):
        parts = [f"{_span(run['seconds'])} {'there' if run['arrived'] else 'until it ended'}"]
        parts += [f"{_span(run['back_seconds'])} back"] if run["back_seconds"] is not None else []
        parts += [str(felt(run))] if felt(run) else []
        parts += [f"{run['rows']:,} rows"] if run["rows"] else []
        parts += [f"worst lag {span(run['lag_s'])}"] if run["lag_s"] is not None else []
        parts += [f"{run['passed']} checks passed"]
        found.append(f"{name}: {', '.join(parts)} (run `{run['run_id']}`)")
    ahead = one.figures.get("forecast")
    if ahead:
        found.append(_forecast(ahead))
    if one.ended_at:
        found.append(f"the whole rehearsal: {between(one.started_at, one.ended_at)}")
    return found


def _forecast(ahead: Mapping[str, Any]) -> str:
    text = f"forecast for production, {ahead['scale']:.2g} times the size: {span(ahead['seconds'])}"
    if ahead.get("downtime_s") is not None:
        text += f", {span(ahead['downtime_s'])} of it downtime"
    return text + (" (staging is too small for more than a guess)" if ahead.get("guess") else "")


def cell(text: str) -> str:
    """Return text that stays in its cell, and is no markup."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _span(seconds: float | None) -> str:
    return "-" if seconds is None else span(seconds)


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"**{title}**"
        yield ""
        yield from (f"- {cell(line)}" for line in found)
        yield ""
