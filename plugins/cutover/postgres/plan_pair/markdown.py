"""The plan as a page: short sentences and tables, for whoever is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.plan import sections
from cutover.postgres.plan.words import between, block, cell, code, count, prose, span
from cutover.postgres.plan_pair import flags
from cutover.postgres.plan_pair.model import PairPlan
from cutover.postgres.plan_pair.steps import FATES, pause
from cutover.postgres.preflight.rule import size

# What other sections of the page say already.
ELSEWHERE = frozenset({"BG009", "BG018", "BG033", "BG062", "BG069", "BG074"})
SHOWN_TABLES = 15


def render(plan: PairPlan) -> str:
    """Return the page as Markdown."""
    parts = (_head, _objective, _changes, _moves, _risks, _steps, _time, _affected, _way_back, sections.people)
    return "\n".join(line for part in parts for line in part(plan)).rstrip() + "\n"


def _head(plan: PairPlan) -> Iterator[str]:
    yield f"# {prose(plan.title)}"
    yield ""
    run = f" · run {code(plan.run_id)}" if plan.run_id else ""
    strategy = "dual_write" if plan.flags else "blue_green"
    yield f"Migration {code(plan.migration)} · strategy `{strategy}`{run}"
    yield ""
    yield f"- Blue, live now: {prose(plan.blue)}, PostgreSQL {plan.blue_version}"
    yield f"- Green, live afterwards: {prose(plan.green)}, PostgreSQL {plan.green_version}"
    yield flags.head(plan.flags, plan.migration) if plan.flags else f"- Router: {prose(plan.router)}"
    yield ""


def _objective(plan: PairPlan) -> Iterator[str]:
    yield "## Objective"
    yield ""
    yield prose(plan.description.strip()) if plan.description else f"{prose(plan.title)}."
    yield ""
    yield flags.OBJECTIVE if plan.flags else _whole(plan)
    yield ""


def _whole(plan: PairPlan) -> str:
    return (
        "The whole database moves: a second one is built and filled beside it, follows every write, and is verified."
        f" Then the pooler holds the clients for a moment ({pause(plan.times.pause)} expected) and lets them go on at"
        " the new one. Applications read and write all the time."
    )


def _changes(plan: PairPlan) -> Iterator[str]:
    yield "## What changes"
    yield ""
    if not plan.changes_known:
        yield "Not known: the migration's SQL could not be tried (see Risks)."
        yield ""
    elif not plan.changes:
        yield "Tables, columns and constraints stay as they are."
        yield ""
    else:
        yield "| object | blue | green | on the way back |"
        yield "|---|---|---|---|"
        for change in plan.changes:
            yield f"| {code(change.object)} | {cell(change.here)} | {cell(change.there)} | {cell(change.back)} |"
        yield ""
    if plan.up_sql:
        yield from ("`schema.up`:", "", block(plan.up_sql))


def _moves(plan: PairPlan) -> Iterator[str]:
    yield "## What moves"
    yield ""
    whole = f", {size(plan.database_bytes)} with indexes" if plan.database_bytes is not None else ""
    yield f"{len(plan.tables)} tables with about {count(plan.rows or 0)} rows{whole}; the largest:"
    yield ""
    yield "| table | rows | size | indexes | rows known by |"
    yield "|---|---|---|---|---|"
    for table in plan.tables[:SHOWN_TABLES]:
        rows = "unknown" if table.rows is None else count(table.rows)
        known = cell(table.known_by) if table.followed else "**not followed**"
        yield f"| {code(table.name)} | {rows} | {size(table.bytes)} | {size(table.indexes)} | {known} |"
    yield ""
    ignored = [code(table.name) for table in plan.tables[SHOWN_TABLES:] if not table.followed]
    if ignored:
        yield f"Not followed either: {', '.join(ignored)}."
        yield ""
    yield f"- Sequences: {plan.sequences}, set to their exact state in the cutover, and again on the way back."
    made = f"made on green's server: {', '.join(map(code, plan.roles))}" if plan.roles else "all known there already"
    yield f"- Roles, owners and grants come along by name; roles {made}."
    yield ""


def _risks(plan: PairPlan) -> Iterator[str]:
    yield from sections.risks(plan.findings, ELSEWHERE)


def _steps(plan: PairPlan) -> Iterator[str]:
    yield "## Order"
    yield ""
    yield "| step | what | what it holds on blue | time |"
    yield "|---|---|---|---|"
    for number, step in enumerate(plan.steps, 1):
        yield f"| {number} {cell(step.name)} | {cell(step.what)} | {cell(step.holds)} | {cell(step.time)} |"
    yield ""


def _time(plan: PairPlan) -> Iterator[str]:
    yield "## Time, pause, disk"
    yield ""
    watched = f", and {span(plan.flags.watched)} in which reads are watched" if plan.flags else ""
    yield f"Until it is ready for the cutover: **{between(plan.total)}**{watched}."
    if plan.speed:
        speed = f"{size(round(plan.speed.per_second))}/s, reading {prose(plan.speed.table)} by one session"
        yield f"An estimate from the sizes and one measured speed ({speed}); green's disk was not measured."
    else:
        yield "An estimate from the sizes and usual speeds: nothing could be measured."
    yield ""
    who = "Nobody writes for" if plan.flags else "Pause for clients:"
    yield (
        f"{who} **{pause(plan.times.pause)}**, and as long as the slowest transaction that is open then;"
        f" past {plan.max_pause:g} s the cutover gives up, and everything stays as it was."
    )
    yield ""
    needed = f"{size(2 * plan.database_bytes)} should be free on green; " if plan.database_bytes is not None else ""
    yield f"Disk: {needed}blue keeps up to {plan.max_wal} of WAL, then the run gives up by itself."
    yield ""


def _affected(plan: PairPlan) -> Iterator[str]:
    yield "## Who is affected"
    yield ""
    yield from (f"- {prose(text)}" for text in plan.affected)
    yield ""


def _way_back(plan: PairPlan) -> Iterator[str]:
    yield "## Way back"
    yield ""
    yield from flags.way_back(plan.window) if plan.flags else _pooled(plan)
    yield from (f"- Mind: {prose(text)}" for text in plan.lost)
    automatic = "a failed step or check takes the run back by itself" if plan.automatic_rollback else "only by hand"
    yield f"- Rollback: {automatic}."
    if plan.flags is None:
        yield from sections.last_resort(plan.point)
    elif plan.point:
        yield f"- Taken already: {sections.point(plan.point)}."
    yield f"- Finalize ends the window; of the old database: {FATES[plan.old_database]}."
    yield ""


def _pooled(plan: PairPlan) -> Iterator[str]:
    yield "- Before the cutover: replication is taken away and green is emptied; blue was never changed."
    yield (
        f"- After it: blue follows every write on green for {span(plan.window)}. `rollback_blue_green` is the same"
        " cutover mirrored, with as short a pause; nothing that was written since is lost. The next attempt can go"
        " forward again."
    )
