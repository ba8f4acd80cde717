"""How much disk a run takes, by tablespace: the new table beside the old one until finalize, and what is rebuilt."""

from __future__ import annotations

import re
from collections import defaultdict

from cutover.postgres.preflight.facts import Facts, Table

UNITS = {"": 1, "b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}


def needed(facts: Facts) -> dict[str, int]:
    """Return bytes by tablespace name: heap, TOAST and indexes of every table once more, and its materialized views.

    Indexes are counted with their table: their own sizes by tablespace are not worth a query each.
    """
    total: dict[str, int] = defaultdict(int)
    for table in facts.tables:
        total[table.relation.tablespace or facts.server.tablespace] += of_table(table)
    return {space: amount for space, amount in sorted(total.items()) if amount}


def of_table(table: Table) -> int:
    """Return the bytes that one table's shadow will take, its materialized views' copies included."""
    return table.bytes + sum(view.bytes for view in table.views if view.kind == "m" and view.direct)


def limit(text: str | None) -> int | None:
    """Return the bytes of ``500GB`` as PostgreSQL reads it; None where nothing, or nothing readable, is set."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", text or "")
    if match is None or match[2].lower() not in UNITS:
        return None
    return int(float(match[1]) * UNITS[match[2].lower()])
