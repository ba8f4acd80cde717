"""The plan of a change in place as a page: short sentences and tables, for whoever is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.plan import sections
from cutover.postgres.plan.words import between, block, cell, code, count, prose, span
from cutover.postgres.plan_dual import markdown
from cutover.postgres.plan_dual.model import InPlacePlan


def render(plan: InPlacePlan) -> str:
    """Return the page as Markdown."""
    parts = (markdown.head, _objective, _tables, _phases, _changes, markdown.risks, _way_back, _people)
    return "\n".join(line for part in parts for line in part(plan)).rstrip() + "\n"


def _objective(plan: InPlacePlan) -> Iterator[str]:
    yield "## Objective"
    yield ""
    yield prose(plan.description.strip()) if plan.description else f"{prose(plan.title)}."
    yield ""
    yield f"{plan.objects[0].upper()}{plan.objects[1:]}: both sides are there for a while, in the same rows."
    yield ""


def _tables(plan: InPlacePlan) -> Iterator[str]:
    told = [(c, n, e, "new") for c in plan.changes for n, e in c.new.items()]
    told += [(c, n, e, f"old, {c.fate} at the end") for c in plan.changes for n, e in c.old.items()]
    if told:
        yield "## Columns"
        yield ""
        yield "| table | column | | computed from |"
        yield "|---|---|---|---|"
        for change, name, expression, what in told:
            yield f"| {code(change.name)} | {code(name)} | {what} | {cell(expression)} |"
        yield ""
    for change in plan.changes:
        rows = "an unknown number of" if change.rows is None else f"about {count(change.rows)}"
        if change.rename:
            yield f"- {code(change.name)} becomes {code(change.rename)}; a view stands for the other name."
        else:
            yield f"- {code(change.name)} has {rows} rows."
    yield ""
    for name, reason in plan.left_out.items():
        yield f"- {code(name)} has no way back: {prose(reason)}"
    if plan.left_out:
        yield ""


def _phases(plan: InPlacePlan) -> Iterator[str]:
    watched = f"watched for {span(plan.hold)}"
    filled = f", in {between(plan.fill)}" if plan.fill else ""
    steps = ", ".join(f"{step:g} %" for step in plan.steps)
    yield "## Phases"
    yield ""
    yield "1. New columns are added, empty, and computed in every write from then on; new names become views."
    yield "2. The flag says `dual_write_read_old`; nothing goes on before every live instance works by it."
    yield f"3. History is filled{filled}; then indexes and constraints are made, and every row is compared, both ways."
    yield f"4. Shadow reads: {plan.shadow:g} % of the reads are asked of both sides, {watched}."
    yield f"5. `dual_write_read_new`: {steps} of the reads are answered by the new side, each {watched}."
    yield "6. `new_only`: the new side is written, and the old one computed from it. Nobody is held for that."
    yield "7. When the window ends: old columns and old names go."
    yield ""
    if plan.total:
        yield f"In all about {between(plan.total)}, and the time that people take to answer."
        yield ""


def _changes(plan: InPlacePlan) -> Iterator[str]:
    for change in plan.changes:
        if change.alter_sql:
            yield from (f"## What is added to {code(change.name)}", "", block(change.alter_sql.strip()), "")
            yield "Indexes are built CONCURRENTLY, constraints added NOT VALID and validated, after the backfill."
            yield ""


def _way_back(plan: InPlacePlan) -> Iterator[str]:
    yield "## Way back"
    yield ""
    yield "- Until `new_only`: the flag goes back one mode at a time. Old columns were written all the time."
    yield f"- After that, for {span(plan.window)}: old columns are computed in every write, so nothing is lost."
    automatic = "a failed step or check takes the run back by itself" if plan.automatic_rollback else "only by hand"
    yield f"- Rollback: {automatic}; by hand with `rollback_dual_write`, which asks what becomes of the new columns."
    if plan.point:
        yield f"- Taken already: {sections.point(plan.point)}."
    yield ""


def _people(plan: InPlacePlan) -> Iterator[str]:
    yield from markdown.people(plan)
