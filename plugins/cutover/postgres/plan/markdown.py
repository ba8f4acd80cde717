"""The plan as a page: short sentences and tables, for whoever is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.plan import sections
from cutover.postgres.plan.model import Change, Plan, TablePlan
from cutover.postgres.plan.words import between, block, cell, code, count, prose, span
from cutover.postgres.preflight.rule import size

# What other sections of the page say already.
ELSEWHERE = frozenset({"PF015", "PF018", "PF019", "PF020", "PF021", "PF022", "PF023", "PF038"})


def render(plan: Plan) -> str:
    """Return the page as Markdown."""
    parts = (_head, _objective, _tables, _risks, _steps, _time, _affected, _way_back, _people)
    return "\n".join(line for part in parts for line in part(plan)).rstrip() + "\n"


def _head(plan: Plan) -> Iterator[str]:
    yield f"# {prose(plan.title)}"
    yield ""
    run = f" · run {code(plan.run_id)}" if plan.run_id else ""
    where = f"{prose(plan.database)} · PostgreSQL {plan.server}"
    yield f"Migration {code(plan.migration)} · strategy `online`{run} · {where}"
    yield ""


def _objective(plan: Plan) -> Iterator[str]:
    yield "## Objective"
    yield ""
    yield prose(plan.description.strip()) if plan.description else f"{prose(plan.title)}."
    yield ""
    names = ", ".join(code(table.name) for table in plan.tables)
    yield (
        f"A new version of {names} is built and filled behind the live one, kept in step, verified, and exchanged"
        " with it"
        " in one short transaction. Applications read and write all the time."
    )
    yield ""


def _tables(plan: Plan) -> Iterator[str]:
    if plan.up_sql:
        yield from ("## First: schema.up", "", block(plan.up_sql))
    for table in plan.tables:
        yield from _table(table)


def _table(table: TablePlan) -> Iterator[str]:
    yield f"## What changes: {prose(table.name)}"
    yield ""
    rows = "number of rows unknown (never analyzed)" if table.rows is None else f"about {count(table.rows)} rows"
    yield f"{rows}, {size(table.heap)} and {size(table.indexes)} of indexes; key {_key(table)}."
    yield ""
    if table.changes:
        yield "| new column | type | comes from | goes back |"
        yield "|---|---|---|---|"
        yield from (_change(change) for change in table.changes)
        yield ""
    yield f"{table.unchanged} columns are copied as they are."
    yield ""
    if table.constraints:
        yield "New: " + "; ".join(code(text) for text in table.constraints) + "."
        yield ""
    if table.statements.strip():
        yield block(table.statements)


def _key(table: TablePlan) -> str:
    return code(", ".join(table.key)) if table.key else "none"


def _change(change: Change) -> str:
    if change.column is None:
        back = code(change.back) if change.back else "**no**: the old value stays, new rows get none"
        return f"| *dropped* | {cell(change.type)} | {code(change.source)} | {back} |"
    back = cell(change.back) if change.back else "-"
    return f"| {code(change.column)} | {cell(change.type)} | {code(change.source)} | {back} |"


def _risks(plan: Plan) -> Iterator[str]:
    yield from sections.risks(plan.findings, ELSEWHERE)


def _steps(plan: Plan) -> Iterator[str]:
    yield "## Order"
    yield ""
    yield "| step | what | locks | time |"
    yield "|---|---|---|---|"
    for number, step in enumerate(plan.steps, 1):
        yield f"| {number} {cell(step.name)} | {cell(step.what)} | {cell(step.locks)} | {cell(step.time)} |"
    yield ""
    yield "The swap locks, in this order:"
    yield ""
    yield from (f"- {code(lock.object)} {lock.mode}: {prose(lock.why)}" for lock in plan.locks)
    yield ""


def _time(plan: Plan) -> Iterator[str]:
    yield "## Time and disk"
    yield ""
    if plan.total is None:
        yield "No time is given: nothing could be copied to measure it (an empty table, or a finding above)."
    else:
        yield f"Until it is ready for the swap: **{between(plan.total)}**. An estimate, from what was measured now:"
        yield ""
        for table in plan.tables:
            if table.measured:
                yield (
                    f"- {prose(table.name)}: {count(round(table.measured.copy))} rows/s copied by one session, over"
                    f" {count(table.measured.rows)} rows"
                )
    yield ""
    for space, amount in plan.disk.items():
        more = f"about **{size(amount)}** more on tablespace {code(space)} until finalize"
        yield f"Disk: {more}, and as much WAL while it copies."
    yield ""


def _affected(plan: Plan) -> Iterator[str]:
    yield "## Who is affected"
    yield ""
    if plan.affected:
        yield from (f"- {prose(text)}" for text in plan.affected)
    else:
        yield "Nothing rests on these tables: no view, key, function or publication."
    yield ""


def _way_back(plan: Plan) -> Iterator[str]:
    yield "## Way back"
    yield ""
    yield "- Before the swap: everything new is dropped; the live tables were never changed."
    yield (
        f"- After it: the old tables follow every write for {span(plan.window)}. `rollback_online` exchanges the"
        " tables"
        " again, in one transaction as short as the swap; nothing that was written since is lost."
    )
    for table in plan.tables:
        if table.kept:
            names = ", ".join(code(name) for name in table.kept)
            yield f"- Lost by a rollback: {names} of {prose(table.name)} in rows written after the swap (no reverse:)."
        new = [change.column for change in table.changes if change.column and not change.back]
        if new:
            names = ", ".join(code(name) for name in new)
            yield f"- Left behind by a rollback: what was written to {names}, new columns of {prose(table.name)}."
    automatic = "a failed step or check takes the run back by itself" if plan.automatic_rollback else "only by hand"
    yield f"- Rollback: {automatic}."
    yield from sections.last_resort(plan.point)
    fates = {table.old_table for table in plan.tables}
    words = {"archive": "kept as an archive", "drop": "dropped"}
    yield f"- Finalize ends the window; the old tables are {' or '.join(words[fate] for fate in sorted(fates))} then."
    yield ""


def _people(plan: Plan) -> Iterator[str]:
    yield from sections.people(plan)
