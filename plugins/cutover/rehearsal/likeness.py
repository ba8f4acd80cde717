"""Whether a database is as it was before the rehearsal went there and back: schema, every row, every sequence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.postgres import schema_facts
from cutover.postgres.backup import pairing
from cutover.postgres.backup.comparing import Compared
from cutover.postgres.backup.snapshot import Held, hold
from cutover.postgres.rowdiff.session import snapshot
from cutover.postgres.task import Task

STEP = "likeness"
# Kept with the rehearsal, so that both looks compute the same sums.
SEED = 7_014_118_334_205_873
# Where flags and the journals of runs stay when a run is over. Whatever else a run leaves is a difference.
LASTING = re.compile(r'(^| )"?(cutover|cutover_dual|cutover_flags|cutover_sync)"?(\.|$)')


def take(ctx: Task, info: ConnectionInfo) -> dict[str, Any]:
    """Read what is there in one snapshot: ``{"facts": [[kind, name, fact]], "rows": {table: [count, sum, xor]},
    "sequences": {name: value}, "bytes": size}``."""
    with hold(ctx, info, STEP) as held:
        described = _described(ctx, held)
        with ctx.open(info, STEP, idle_in_transaction_session_timeout="0") as db, snapshot(db, shared=held.id):
            facts = schema_facts.gather(db)
            rows = {}
            for table in described:
                ctx.cancel.check()
                count, total, xor = pairing.digest(db, table.relation, table.columns, SEED)
                rows[table.label] = [count, str(total), str(xor)]
            size = db.execute("SELECT pg_database_size(current_database())").fetchone()
    return {
        "facts": [[kind, name, fact] for (kind, name), fact in sorted(facts.items()) if not LASTING.search(name)],
        "rows": {label: digest for label, digest in rows.items() if not LASTING.search(label)},
        "sequences": {name: value for name, value in held.sequences.items() if not LASTING.search(name)},
        "bytes": int(size[0]) if size else 0,
    }


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name what differs, one line each. Sequences may have gone on, which is all that they promise."""
    found = schema_facts.differences(_facts(before), _facts(after), alike=schema_facts.alike)
    old, new = before["rows"], after["rows"]
    for label in sorted({*old, *new}):
        if label not in old or label not in new:
            continue  # the schema's difference, named above
        if old[label] != new[label]:
            found.append(f"table {label}: {old[label][0]:,} rows before, {new[label][0]:,} now, not the same ones")
    for name, value in before["sequences"].items():
        now = after["sequences"].get(name, value)
        if value is not None and (now is None or now < value):
            found.append(f"sequence {name}: was at {value}, is at {now}")
    return found


def _facts(seen: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {(kind, name): fact for kind, name, fact in seen["facts"]}


def _described(ctx: Task, held: Held) -> list[Compared]:
    oids = [table.oid for table in held.tables]
    with ctx.open(held.info, STEP) as db, db.cursor(row_factory=class_row(Compared)) as cursor:
        return cursor.execute(sqlfiles.text("backup/compared"), {"oids": oids}).fetchall()  # type: ignore[arg-type]
