"""How a database is: up, how fast it answers, and what is near its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.errors import ConnectionRefused
from cutover.health.limits import Limits
from cutover.journal.check import Check, Severity
from cutover.messages.words import span, volume
from cutover.postgres.connect import connect


def look(
    info: ConnectionInfo, *, limits: Limits, alive: Mapping[int, str] | None, may_be_missing: bool = False
) -> list[Check]:
    """Look at one database once.

    :param alive: by number, the runs that have not ended; what carries another number is left over. None: nobody knows.
    :param may_be_missing: a run makes it, so it need not be there yet.
    """
    hurried = {**info.extra, "connect_timeout": str(int(limits.patience))}
    timeout = f"{int(limits.patience * 1000)}ms"
    began = time.monotonic()
    try:
        with connect(replace(info, extra=hurried), application="cutover/health", statement_timeout=timeout) as db:
            db.execute("SELECT 1")
            seconds = time.monotonic() - began
            found = row(db)
            return [_up(info, found, seconds, limits), *_figures(info, found, limits), *_slots(db, info, limits),
                    *_leftovers(db, info, alive)]  # fmt: skip
    except (ConnectionRefused, psycopg.Error) as error:
        missing = may_be_missing and "does not exist" in str(error)
        text = "not there yet: its run makes it" if missing else str(error).strip().splitlines()[0]
        return [Check("HEALTH_UP", "up", missing, "info" if missing else "error", text, {}, info.label())]


def row(db: Db) -> dict[str, Any]:
    """Return the figures of a database; see ``health/database.sql``."""
    with db.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(sqlfiles.text("health/database").encode()).fetchone()
    assert found is not None, "a SELECT without FROM has one row"
    return found


def _up(info: ConnectionInfo, row: Mapping[str, Any], seconds: float, limits: Limits) -> Check:
    slow = seconds > limits.latency
    kind = "a standby" if row["standby"] else "up"
    text = f"{kind}, PostgreSQL {row['version'].split()[0]}, answers after {seconds * 1000:.0f} ms"
    figures = {"version": row["version"], "latency_ms": round(seconds * 1000, 1), "bytes": row["bytes"]}
    text += f", {volume(row['bytes'])}"
    return Check("HEALTH_UP", "up", not slow and not row["standby"], "warning", text, figures, info.label())


def _figures(info: ConnectionInfo, row: Mapping[str, Any], limits: Limits) -> Iterator[Check]:
    share = row["connections"] / max(row["most"], 1)
    text = f"{row['connections']} of {row['most']} connections"
    yield _check("CONNECTIONS", "connections", share <= limits.connections, text, info, {"share": round(share, 3)})
    longest = row["longest_transaction"]
    if longest is not None and longest > limits.transaction:
        text = f"a transaction has been open for {span(longest)}: it keeps vacuum from its work, and cutovers waiting"
        yield _check("TRANSACTION", "long transactions", False, text, info, {"seconds": longest})
    if row["prepared"]:
        text = f"{row['prepared']} prepared transactions are older than an hour"
        yield _check("PREPARED", "prepared transactions", False, text, info, {"count": row["prepared"]})
    if row["oldest_xid"] > limits.xid_age:
        text = f"the oldest row is {row['oldest_xid']:,} transactions old, and a server stops at 2,000,000,000"
        yield _check("XID", "transaction ids", False, text, info, {"age": row["oldest_xid"]})
    if row["standby_lag"] is not None:
        text = f"a standby is {row['standby_lag']:.1f} s behind"
        right = row["standby_lag"] <= limits.standby_lag
        yield _check("STANDBY", "standbys", right, text, info, {"seconds": row["standby_lag"]})


def _slots(db: Db, info: ConnectionInfo, limits: Limits) -> Iterator[Check]:
    with db.cursor(row_factory=dict_row) as cursor:
        for slot in cursor.execute(sqlfiles.text("health/slots").encode()).fetchall():
            kept = slot["kept_bytes"] or 0
            lost = slot["wal_status"] in ("lost", "unreserved")
            right = not lost and (slot["active"] or kept < limits.slot_bytes // 10) and kept < limits.slot_bytes
            state = "in use" if slot["active"] else "used by nobody"
            text = f"the slot {slot['name']} is {state}, and keeps {volume(kept)} of WAL"
            text += f" ({slot['wal_status']})" if lost else ""
            yield _check("SLOT", "replication slots", right, text, info, {"slot": slot["name"], "kept_bytes": kept})


def _leftovers(db: Db, info: ConnectionInfo, alive: Mapping[int, str] | None) -> Iterator[Check]:
    found = db.execute(sqlfiles.text("health/leftovers").encode()).fetchall()
    if alive is None:
        return
    left = [(kind, name, number) for kind, name, number in found if number not in alive]
    text = "nothing is left of runs that have ended"
    if left:
        shown = ", ".join(f"{kind} {name}" for kind, name, _ in left[:5])
        text = f"{len(left)} objects are left of runs that have ended: {shown}{' ...' if len(left) > 5 else ''}"
    figures = {"left": [{"kind": kind, "name": name, "number": number} for kind, name, number in left[:50]]}
    yield _check("LEFT_OVER", "left-over objects", not left, text, info, figures)


def _check(
    code: str, name: str, ok: bool, text: str, info: ConnectionInfo, figures: Mapping[str, Any],
    severity: Severity = "warning",
) -> Check:  # fmt: skip
    return Check(f"HEALTH_{code}", name, ok, severity, text, dict(figures), info.label())
