"""How fast this server copies this table: measured, not assumed, in a transaction that is rolled back.

A few thousand rows are copied into a shadow made as the run will make it, read back, and indexed. The live table is
only read (ACCESS SHARE), for about a second.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.plan.model import Measured
from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.session import undone

FIRST, MOST = 1000, 20_000
BUDGET = 16 * 2**20
ENOUGH_SECONDS = 0.5


def measure(db: psycopg.Connection[Any], facts: Facts, table: Table) -> Measured | None:
    """Return the measured speeds, or None where nothing could be copied; never raises for what is in the way."""
    if not table.trial.built or table.trial.misfit or table.trial.expression_problems or table.trial.sample_skipped:
        return None
    try:
        with undone(db, lock_wait=facts.limits.lock_wait, read_only=False):
            return _measure(db, facts, table)
    except psycopg.Error:
        return None  # preflight says what is wrong; a plan without figures says that it has none


def _measure(db: psycopg.Connection[Any], facts: Facts, table: Table) -> Measured | None:
    from cutover.postgres.online import rows, shadow
    from cutover.postgres.online.names import Names
    from cutover.postgres.preflight import altersql, upsql

    names = Names(-db.info.backend_pid, 1, table.relation.schema, table.relation.name)
    upsql.run_harmless(db, facts.spec)
    keys = [key.name for key in table.foreign_keys if not key.incoming]
    alter = altersql.read(table.spec.alter_sql or "", table.label, keys).runnable
    wish = shadow.Wish(alter, dict(table.spec.columns), dict(table.spec.reverse), table.spec.key)
    assert table.relation.oid is not None
    _, design = shadow.create(db, names, table.relation.oid, wish)
    db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(rows.path(names))))  # type: ignore[arg-type]
    copied, seconds = _copy(db, names, design, table.rows_within(BUDGET, FIRST))
    if not copied:
        return None
    began = time.monotonic()
    db.execute(sqlfiles.compose("plan/read", shadow=names.shadow))
    read = time.monotonic() - began
    indexed = _index(db, names, design)
    return Measured(copied, copied / max(seconds, 1e-6), copied / max(read, 1e-6), indexed)


def _copy(db: psycopg.Connection[Any], names: Any, design: Any, first: int) -> tuple[int, float]:
    """Copy batches that double, until there is enough to judge by; the first one warms the cache and is not counted."""
    from cutover.postgres.online import rows

    taken, counted, seconds, batch = 0, 0, 0.0, first
    while taken < first * MOST // FIRST and seconds < ENOUGH_SECONDS:
        began = time.monotonic()
        found = db.execute(
            sqlfiles.compose(
                "plan/copy",
                shadow=names.shadow,
                columns=rows.columns(design.forward),
                values=rows.values(design.forward),
                live=names.live,
                key=design.original_key.names(),
                taken=sql.Literal(taken),
                rows=sql.Literal(batch),
                alias=sql.Identifier(names.table),
            )
        ).rowcount
        elapsed = time.monotonic() - began
        whole = found == batch
        if taken or not whole:
            counted, seconds = counted + found, seconds + elapsed
        taken, batch = taken + found, batch * 2
        if not whole:
            break
    return counted, seconds


def _index(db: psycopg.Connection[Any], names: Any, design: Any) -> float:
    from cutover.postgres.online import shadow

    schemas = map(sql.Identifier, (names.new_schema, names.schema))
    db.execute(sql.SQL("SET LOCAL search_path = {}, {}, public").format(*schemas))
    began = time.monotonic()
    for index in design.indexes:
        shadow.build_index(db, names.shadow, index)
    return time.monotonic() - began
