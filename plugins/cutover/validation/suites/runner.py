"""Run the suites of a migration against its tables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.journal.check import Check
from cutover.validation.suites import facts, gx, verdicts
from cutover.validation.suites.builder import build
from cutover.validation.suites.errors import SuiteBroken, SuiteCannotRun
from cutover.validation.suites.files import Suite, default_folder, load
from cutover.validation.suites.subject import COMPARISON, SUBJECT, Db, Stage, staged
from cutover.validation.suites.tables import SuiteTable

if TYPE_CHECKING:
    from cutover.context import CancelToken

PAUSE = 0.05


def run(
    info: ConnectionInfo,
    *,
    migration: str,
    suites: Sequence[str],
    tables: Sequence[SuiteTable],
    folder: Path | None = None,
    comparison: ConnectionInfo | None = None,
    snapshots: tuple[str, str] | tuple[None, None] = (None, None),
    parameters: Mapping[str, Any] | None = None,
    settle: Callable[[], None] | None = None,
    patience: float = 60.0,
    cancel: CancelToken | None = None,
) -> list[Check]:
    """Run every suite on every table that it is for, all in one snapshot of each database.

    :param suites: names of JSON files: ``<folder>/<migration>/<name>.json``, or ``<folder>/<name>.json``.
    :param comparison: where the live tables are, if not in the same database.
    :param snapshots: ids of snapshots exported there, of ``info`` and of ``comparison``; by default new ones.
    :param parameters: for ``{"$PARAMETER": name}``; ``expected_rows`` (rows of the live side) is there always.
    :param settle: drains the logs, so that few rows are on their way; a waiting TRUNCATE needs it.
    :returns: one check per expectation and table; severity critical, warning, info become error, warning, info.
    :raises SuiteUnknown, SuiteBroken: before anything is run.
    :raises SuiteCannotRun: the database does not let the suites look, or a TRUNCATE never reached the other side.
    """
    loaded = [load(folder or default_folder(), migration, name) for name in suites]
    if not loaded or not tables:
        return []
    _refuse_strangers(loaded, tables)
    deadline = time.monotonic() + patience
    one, other = snapshots
    while True:
        if settle:
            settle()
        with (
            staged(info, cancel, one) as here,
            staged(comparison, cancel, other) if comparison else nullcontext(here) as there,
        ):
            truncated = [table.label for table in tables if _truncated(here.holder, table)]
            if not truncated:
                stages = _Stages(here, there)
                return [check for table in tables for check in _table(stages, table, loaded, parameters or {})]
        if time.monotonic() > deadline:
            raise SuiteCannotRun(f"a TRUNCATE of {', '.join(truncated)} has not reached the other side yet.")
        _wait(cancel)


def comparing(migration: str, suites: Sequence[str], folder: Path | None = None) -> bool:
    """Return whether any of the suites compares the judged side with the live one, or counts the live one's rows.

    :raises SuiteUnknown, SuiteBroken: as :func:`run`.
    """
    loaded = [load(folder or default_folder(), migration, name) for name in suites]
    texts = (json.dumps(one.get("kwargs", {})) for suite in loaded for one in suite.expectations)
    return any('"expected_rows"' in text or f'"{COMPARISON}"' in text for text in texts)


@dataclass(frozen=True, slots=True)
class _Stages:
    """Where the subject is and where the live side is: one snapshot in one database, or they could not be compared."""

    here: Stage
    there: Stage

    @property
    def one_database(self) -> bool:
        return self.here is self.there


def _refuse_strangers(suites: Sequence[Suite], tables: Sequence[SuiteTable]) -> None:
    labels = {table.label for table in tables}
    for suite in suites:
        strangers = sorted(set(suite.tables) - labels)
        if strangers:
            raise SuiteBroken(
                f"{suite.path} is for {', '.join(strangers)}, which the migration does not touch.",
                fix=f"its meta.tables may name: {', '.join(sorted(labels))}.",
            )


def _table(stages: _Stages, table: SuiteTable, suites: Sequence[Suite], parameters: Mapping[str, Any]) -> list[Check]:
    # Across databases the subject's own catalog has the facts, and nothing is in flight within it.
    local = table if stages.one_database else replace(table, live=table.subject, live_key=table.key, pending=None)
    known = facts.gather(stages.here.holder, local)
    mine = [suite for suite in suites if not suite.tables or table.label in suite.tables]
    built = [(suite, build(suite, known)) for suite in mine]
    checks = [verdicts.nothing_to_check(suite.name, table.label) for suite, expectations in built if not expectations]
    built = [(suite, expectations) for suite, expectations in built if expectations]
    if not built:
        return checks
    sources = _sources(stages, table, known.views)
    given = {"expected_rows": _count(stages.there.holder, table.rows(live=True)), **parameters}
    in_flight = _count(stages.here.holder, local.in_flight())
    results_by_suite = gx.check_points(built, sources, given)
    if stages.here.cancel:
        stages.here.cancel.check()  # Great Expectations takes a cancelled statement for a failed expectation
    for suite, results in results_by_suite:
        checks += [verdicts.check(suite.name, table.label, result, in_flight=in_flight) for result in results]
    return checks


def _sources(stages: _Stages, table: SuiteTable, views: Mapping[str, sql.Composable]) -> gx.Sources:
    subject, live = {SUBJECT: table.rows(live=False)}, {COMPARISON: table.rows(live=True)}
    if stages.one_database:
        subject, live = {**subject, **live}, {**subject, **live}
    return {
        SUBJECT: (stages.here, (table.subject[0], table.live[0], "public"), {**subject, **views}),
        COMPARISON: (stages.there, (table.live[0], "public"), live),
    }


def _count(db: Db, query: sql.Composable) -> int:
    row = db.execute(sql.SQL("SELECT count(*) FROM ({}) AS t").format(query)).fetchone()
    return int(row[0]) if row else 0


def _truncated(db: Db, table: SuiteTable) -> bool:
    if table.pending is None:
        return False
    row = db.execute(sql.SQL("SELECT EXISTS (SELECT FROM {} AS p WHERE p.op = 't')").format(table.pending)).fetchone()
    return bool(row and row[0])


def _wait(cancel: CancelToken | None) -> None:
    if cancel:
        cancel.wait(PAUSE)
    else:
        time.sleep(PAUSE)
