"""What was measured in a rehearsal: by its runs, as the journal knows them."""

from __future__ import annotations

from typing import Any

from cutover.journal.records import Rehearsal, Run, Step
from cutover.journal.store import Journal
from cutover.messages import facts

# Steps of which the figures that clients feel are told.
FELT = ("pause_ms", "downtime_s")


def measure(journal: Journal, rehearsal: Rehearsal) -> dict[str, Any]:
    """Return ``{"runs": [figures of each], "copies": ..., "masked": ..., "bytes": size of the copy of the source}``.

    A run's figures: ``run_id``, ``state``, ``arrived`` (live has changed sides), ``seconds`` to the end of its last
    step there, ``back_seconds``, ``steps`` (pairs of name and seconds), ``pause_ms``, ``back_pause_ms``,
    ``downtime_s``, ``back_downtime_s``, ``lag_s`` (worst), ``rows``, ``passed``, ``failed``, ``warnings`` (texts),
    ``risks`` (what preflight warned of).
    """
    made = (rehearsal.before or {}).get("copies") or {}
    source = str(rehearsal.spec.get("source"))
    return {
        "runs": [_of_run(journal, run) for run in journal.runs_of_rehearsal(rehearsal.rehearsal_id)],
        "copies": made,
        "masked": (rehearsal.before or {}).get("masked") or {},
        "bytes": (made.get(source) or {}).get("bytes"),
    }


def _of_run(journal: Journal, run: Run) -> dict[str, Any]:
    steps = journal.steps(run.run_id)
    there = [step for step in steps if step.name not in ("roll_back", "finalize")]
    back = [step for step in steps if step.name == "roll_back"]
    checks = facts.of_checks(journal.checks(run.run_id))
    return {
        "run_id": run.run_id,
        "state": run.state,
        "arrived": run.swapped_at is not None,
        "reason": _why(run, steps),
        "seconds": _span(there),
        "back_seconds": _span(back),
        "steps": _seconds(there),
        **{name: _figure(there, name) for name in FELT},
        **{f"back_{name}": _figure(back, name) for name in FELT},
        "lag_s": _lag(journal, run.run_id),
        "rows": _rows(journal, run.run_id),
        "passed": len(checks["passed"]),
        "failed": [_worded(check) for check in checks["failed"]],
        "warnings": [_worded(check) for check in checks["warnings"]],
        "risks": _risks(steps),
    }


def _why(run: Run, steps: list[Step]) -> str | None:
    """Return the run's reason; where that only announces what follows, with the first line of it."""
    why = facts.first_line(run.reason)
    if why is None or not why.endswith(":"):
        return why
    said = [line.strip() for step in steps if step.error for line in step.error.strip().splitlines()[1:2]]
    return f"{why} {facts.first_line(said[-1])}" if said else why


def _span(steps: list[Step]) -> float | None:
    ends = [step.ended_at for step in steps if step.ended_at]
    return round((max(ends) - min(step.started_at for step in steps)).total_seconds(), 3) if ends else None


def _seconds(steps: list[Step]) -> list[list[Any]]:
    """Add up the attempts of each step, in the order in which they began; jsonb would order a mapping as it likes."""
    found: dict[str, float] = {}
    for step in sorted(steps, key=lambda each: each.started_at):
        if step.ended_at:
            seconds = (step.ended_at - step.started_at).total_seconds()
            found[step.name] = round(found.get(step.name, 0.0) + seconds, 3)
    return [[name, seconds] for name, seconds in found.items()]


def _figure(steps: list[Step], name: str) -> float | None:
    told = [step.detail[name] for step in steps if isinstance(step.detail.get(name), (int, float))]
    return float(told[-1]) if told else None


def _lag(journal: Journal, run_id: str) -> float | None:
    told = [sample.data.get("seconds") for sample in journal.samples(run_id)]
    known = [float(each) for each in told if isinstance(each, (int, float))]
    return round(max(known), 3) if known else None


def _rows(journal: Journal, run_id: str) -> int | None:
    copied = facts.copied(journal.get_progress(run_id))
    return int(copied["done"]) if copied else None


def _worded(check: dict[str, Any]) -> str:
    where = f" ({check['object']})" if check["object"] else ""
    return f"{check['name']}{where}: {check['summary']}"


def _risks(steps: list[Step]) -> list[str]:
    findings = [finding for step in steps if step.name == "preflight" for finding in step.detail.get("findings") or []]
    return list(dict.fromkeys(_said(finding) for finding in findings if finding.get("severity") == "warning"))


def _said(finding: dict[str, Any]) -> str:
    return f"[{finding['code']}] {finding['object']}: {facts.first_line(finding['message'])}"
