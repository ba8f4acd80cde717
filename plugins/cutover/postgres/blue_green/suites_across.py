"""The migration's suites on green, compared with blue where they ask for it."""

from __future__ import annotations

from collections.abc import Sequence

from cutover.journal.check import Check
from cutover.postgres.blue_green import moment
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.blue_green.tables import TableMap
from cutover.validation import suites
from cutover.validation.suites import SuiteTable

# How often all is looked at again when no common moment could be had, since rows were on their way then.
LOOKS = 3


def run(sight: Sight, tables: Sequence[TableMap]) -> list[Check]:
    """Run the suites on every table that travels.

    What is compared between the sides must be of one moment, so for that the tables are locked against writers for some
    milliseconds (:mod:`.moment`); suites that judge green alone need none.
    """
    spec, names = sight.ctx.spec, sight.ctx.spec.validation.suites
    wanted = [table for table in tables if table.followed and table.on_green]
    if not names or not wanted:
        return []
    sight.ctx.log.info("suites: %s", ", ".join(names))
    if not suites.comparing(spec.name, names):
        return _run(sight, wanted)
    for look in range(1, LOOKS + 1):
        with moment.common(sight, [table.identifier for table in wanted]) as now:
            checks = _run(now.sight, wanted)
        if now.exact or look == LOOKS or not any(check.blocks for check in checks):
            break
    return checks


def _run(sight: Sight, tables: Sequence[TableMap]) -> list[Check]:
    ctx = sight.ctx
    blue, green = sight.shared
    return suites.run(
        ctx.target_info,
        comparison=ctx.source_info,
        migration=ctx.spec.name,
        suites=ctx.spec.validation.suites,
        tables=[suite_table(table) for table in tables],
        snapshots=(green, blue) if green and blue else (None, None),
        cancel=ctx.cancel,
    )


def suite_table(table: TableMap) -> SuiteTable:
    """Return what suites see of a table."""
    place = (table.schema, table.table)
    return SuiteTable(label=table.label, subject=place, live=place, key=table.key, live_key=table.key)
