"""What was measured, as checks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psycopg

from cutover.journal.check import Check, Severity
from cutover.validation.baseline import plans
from cutover.validation.baseline.noise import Outcome, Verdict
from cutover.validation.baseline.queries import Query

SEVERITIES: dict[Outcome, Severity] = {"fine": "error", "slower": "error", "noisy": "warning"}


def checks(
    query: Query, verdict: Verdict, both: tuple[dict[str, Any], dict[str, Any]], tolerance: float, one_database: bool
) -> list[Check]:
    """Return the check for a query's time, and one for its plan where that changed its shape."""
    left, right = both
    figures = {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(verdict).items()}
    figures |= {"query": query.text, "tolerance": tolerance}
    if one_database and plans.relations(left) == plans.relations(right):
        return [_same_tables(query, figures, sorted(plans.relations(left)))]
    name, summary = f"baseline: {query.name}", _summary(verdict, tolerance)
    found = [
        Check("BASELINE", name, verdict.outcome == "fine", SEVERITIES[verdict.outcome], summary, figures, query.name)
    ]
    shapes = plans.shape(left), plans.shape(right)
    if shapes[0] != shapes[1]:
        severity: Severity = "info" if verdict.outcome == "fine" else "warning"
        text = (
            f"the plan changed: {shapes[0][0]} became {shapes[1][0]}"
            if shapes[0][0] != shapes[1][0]
            else ("the plan changed below its top node")
        )
        both_plans = {"plan_left": "\n".join(shapes[0]), "plan_right": "\n".join(shapes[1])}
        found.append(Check("BASELINE_PLAN", f"plan: {query.name}", False, severity, text, both_plans, query.name))
    return found


def timed_out(query: Query, timeout: float) -> Check:
    """Return the check for a query that took too long to be measured: nothing is known about it."""
    summary = f"took longer than {timeout:g} s, so it was not measured"
    return Check("BASELINE", f"baseline: {query.name}", False, "warning", summary, {"query": query.text}, query.name)


def broken(query: Query, error: psycopg.Error) -> Check:
    """Return the check for a query that fails: on the new side, the application's would as well."""
    summary = f"cannot be executed: {error.diag.message_primary or error}"
    return Check("BASELINE", f"baseline: {query.name}", False, "error", summary, {"query": query.text}, query.name)


def _same_tables(query: Query, figures: dict[str, Any], relations: list[tuple[str, str]]) -> Check:
    names = ", ".join(".".join(one) for one in relations) or "no table"
    summary = f"reads the same on both sides ({names}), so it says nothing about the migration; leave out schema names"
    return Check("BASELINE", f"baseline: {query.name}", False, "info", summary, figures, query.name)


def _summary(verdict: Verdict, tolerance: float) -> str:
    times = f"{verdict.left_ms:.2f} ms before, {verdict.right_ms:.2f} ms after"
    spread = f"ratio {verdict.ratio:.2f}, between {verdict.low:.2f} and {verdict.high:.2f} in {verdict.pairs} pairs"
    if verdict.outcome == "slower":
        return f"slower than {tolerance:.0%} allow: {times} ({spread})"
    if verdict.outcome == "noisy":
        return f"too noisy to judge a limit of {1 + tolerance:.2f}: {times} ({spread})"
    return f"{times} ({spread})"
