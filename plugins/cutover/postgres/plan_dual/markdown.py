"""The plan as a page: short sentences and tables, for whoever is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.plan import sections
from cutover.postgres.plan.words import between, block, cell, code, count, prose, span
from cutover.postgres.plan_dual.model import DualPlan

WRITERS = {
    "triggers": "Triggers write it before the COMMIT of whoever writes the old side; applications change nothing but"
    " what they ask the flag.",
    "application": "Applications write it after the old side, in the same transaction; what they miss is derived.",
}


def render(plan: DualPlan) -> str:
    """Return the page as Markdown."""
    parts = (head, _objective, _tables, _phases, _changes, risks, _way_back, people)
    return "\n".join(line for part in parts for line in part(plan)).rstrip() + "\n"


def head(plan: DualPlan) -> Iterator[str]:
    """Yield what it is, where, and whose flag decides."""
    yield f"# {prose(plan.title)}"
    yield ""
    run = f" · run {code(plan.run_id)}" if plan.run_id else ""
    yield f"Migration {code(plan.migration)} · strategy `dual_write`{run}"
    yield ""
    yield f"- Database: {prose(plan.source)}, PostgreSQL {plan.version}"
    yield f"- Flag: {code(plan.migration)} in {prose(plan.store)}; at least {plan.instances} instances follow it"
    yield ""


def _objective(plan: DualPlan) -> Iterator[str]:
    yield "## Objective"
    yield ""
    yield prose(plan.description.strip()) if plan.description else f"{prose(plan.title)}."
    yield ""
    yield f"{plan.objects[0].upper()}{plan.objects[1:]}, and both are written for a while. {WRITERS[plan.writer]}"
    yield ""


def _tables(plan: DualPlan) -> Iterator[str]:
    yield "## Tables"
    yield ""
    yield "| new table | key | made from | rows, about |"
    yield "|---|---|---|---|"
    for table in plan.tables:
        rows = "unknown" if table.rows is None else count(table.rows)
        origins = ", ".join(code(name) for name in table.origins)
        yield f"| {code(table.name)} | {cell(', '.join(table.key))} | {origins} | {rows} |"
    yield ""
    for name, reason in plan.left_out.items():
        yield f"- {code(name)} is left out: {prose(reason)}"
    if plan.left_out:
        yield ""


def _phases(plan: DualPlan) -> Iterator[str]:
    yield "## Phases"
    yield ""
    watched = f"watched for {span(plan.hold)}"
    yield "1. The new tables are made, and follow the old ones from then on."
    yield "2. The flag says `dual_write_read_old`; nothing goes on before every live instance works by it."
    filled = f", in {between(plan.fill)}" if plan.fill else ""
    yield f"3. History is filled{filled}, then every row is compared, in both directions."
    yield f"4. Shadow reads: {plan.shadow:g} % of the reads are asked of both sides, {watched}."
    steps = ", ".join(f"{step:g} %" for step in plan.steps)
    yield f"5. `dual_write_read_new`: {steps} of the reads are answered by the new side, each {watched}."
    moment = f"for a moment, {span(plan.max_pause)} at most, nobody writes"
    yield f"6. `new_only`: {moment}; then only the new side is written."
    if plan.way_back:
        yield "7. The old side follows the new one until the window ends."
    yield ""
    if plan.total:
        yield f"In all about {between(plan.total)}, and the time that people take to answer."
        yield ""


def _changes(plan: DualPlan) -> Iterator[str]:
    if plan.up_sql:
        yield from ("## What changes", "", "`schema.up`:", "", block(plan.up_sql), "")


def risks(plan: DualPlan) -> Iterator[str]:
    """Yield what preflight found."""
    yield from sections.risks(plan.findings, frozenset())


def _way_back(plan: DualPlan) -> Iterator[str]:
    yield "## Way back"
    yield ""
    yield "- Until `new_only`: the flag goes back one mode at a time. The old side was written all the time."
    if plan.way_back:
        yield (
            f"- After that, for {span(plan.window)}: {', '.join(map(code, plan.way_back))} are derived from the new"
            " side before every COMMIT, so going back loses nothing."
        )
    else:
        yield "- After that: none. The spec has no `back`."
    automatic = "a failed step or check takes the run back by itself" if plan.automatic_rollback else "only by hand"
    yield f"- Rollback: {automatic}; by hand with `rollback_dual_write`, which asks what becomes of the new tables."
    if plan.point:
        yield f"- Taken already: {sections.point(plan.point)}."
    yield ""


def people(plan: DualPlan) -> Iterator[str]:
    """Yield who is asked, and who is told."""
    yield from sections.people(plan, asked="asked twice: before anything is built, and before `new_only`")
