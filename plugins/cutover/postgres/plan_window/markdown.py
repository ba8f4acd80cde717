"""The plan as a page: short sentences and tables, for whoever is asked to approve a downtime."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.plan import sections
from cutover.postgres.plan.words import between, block, cell, code, count, prose, span
from cutover.postgres.plan_window.model import WindowPlan
from cutover.postgres.preflight.rule import size

SHOWN_TABLES = 15
CLIENTS = {"hold": "wait in the pooler", "refuse": "are turned away by the pooler"}
PARTS = {
    "drain": "transactions end",
    "doors": "doors close and open",
    "steps": "between the steps",
    "save": "rollback point",
    "migrate": "the migration",
    "copy": "rows are copied",
    "index": "indexes and constraints",
    "verify": "everything is verified",
}


def render(plan: WindowPlan) -> str:
    """Return the page as Markdown."""
    parts = (_head, _objective, _downtime, _changes, _tables, _risks, _hooks, _way_back, _people)
    return "\n".join(line for part in parts for line in part(plan)).rstrip() + "\n"


def _head(plan: WindowPlan) -> Iterator[str]:
    yield f"# {prose(plan.title)}"
    yield ""
    run = f" · run {code(plan.run_id)}" if plan.run_id else ""
    yield f"Migration {code(plan.migration)} · strategy `stop_the_world`{run}"
    yield ""
    yield f"- Database: {prose(plan.source)}, PostgreSQL {plan.version}"
    yield f"- Live afterwards: {prose(plan.target) if plan.target else 'the same database, changed in place'}"
    yield f"- Router: {prose(plan.router) if plan.router else 'none; writes are refused by a fence'}"
    yield ""


def _objective(plan: WindowPlan) -> Iterator[str]:
    yield "## Objective"
    yield ""
    yield prose(plan.description.strip()) if plan.description else f"{prose(plan.title)}."
    yield ""
    do = CLIENTS[plan.clients] if plan.router else "see their writes refused"
    how = "another database is filled from this one" if plan.target else "the migration's SQL runs in place"
    yield (
        f"The doors close: clients {do}, open transactions have {plan.drain:g} s to end, then their sessions are ended."
        f" Behind closed doors {how}, and everything is verified. Then the doors open again."
    )
    yield ""


def _downtime(plan: WindowPlan) -> Iterator[str]:
    yield "## Downtime"
    yield ""
    budget = plan.forecast["budget_s"]
    yield f"Forecast: **{between(plan.total)}**; promised are {span(budget)}."
    if plan.forecast["over"]:
        yield ""
        yield "**The forecast may exceed what was promised.** Whoever approves this plan approves that."
    yield ""
    yield "| part | time |"
    yield "|---|---|"
    for name in plan.forecast["parts"]:
        found = plan.forecast["parts"][name]
        yield f"| {PARTS.get(name, name)} | {span(found['low'])} to {span(found['high'])} |"
    yield ""
    measured = "; ".join(plan.forecast["measured"])
    yield f"Measured: {prose(measured)}. The rest is estimated from sizes." if measured else "Estimated from sizes."
    yield ""


def _changes(plan: WindowPlan) -> Iterator[str]:
    if plan.up_sql:
        yield from ("## What changes", "", "`schema.up`:", "", block(plan.up_sql), "")


def _tables(plan: WindowPlan) -> Iterator[str]:
    yield "## Tables"
    yield ""
    yield f"{len(plan.tables)} tables with about {count(plan.rows or 0)} rows; the largest:"
    yield ""
    yield "| table | rows | size |"
    yield "|---|---|---|"
    for table in plan.tables[:SHOWN_TABLES]:
        rows = "unknown" if table.rows is None else count(table.rows)
        yield f"| {code(table.name)} | {rows} | {size(table.bytes)} |"
    yield ""


def _risks(plan: WindowPlan) -> Iterator[str]:
    yield from sections.risks(plan.findings, frozenset())


def _hooks(plan: WindowPlan) -> Iterator[str]:
    if not plan.hooks:
        return
    yield "## Hooks"
    yield ""
    yield "| when | what |"
    yield "|---|---|"
    yield from (f"| {cell(when)} | {cell(what)} |" for when, what in plan.hooks)
    yield ""


def _way_back(plan: WindowPlan) -> Iterator[str]:
    yield "## Way back"
    yield ""
    yield "- Until the doors open again: they open to the old state, and nothing was written meanwhile."
    if plan.target:
        yield (
            "- After that: clients are led back to the old database, which stays as it was. What was written since is"
            " named in rows and minutes before, and kept in a rollback point."
        )
    else:
        yield (
            f"- After that: the rollback point taken behind the closed doors is restored beside the live database, in"
            f" {between(plan.span('recovery_s'))}, and takes its place. What was written since is named in rows and"
            " minutes before, and kept in a rollback point."
        )
    if plan.point:
        yield f"- Taken already: {sections.point(plan.point)}."
    automatic = "a failed step or check takes the run back by itself" if plan.automatic_rollback else "only by hand"
    yield f"- Rollback: {automatic}; by hand for {span(plan.window)} (`rollback_stop_the_world`)."
    yield ""


def _people(plan: WindowPlan) -> Iterator[str]:
    yield from sections.people(plan, asked="asked once, for the window as a whole: nobody waits for a person in it")
