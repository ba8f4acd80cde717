"""Seen from the outside: where the router leads, who is connected where, and on which side something is written."""

from __future__ import annotations

from typing import Any

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.journal.check import Check
from cutover.postgres.blue_green.crossing import leg_of
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.routing import Place


def look(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Return ``{"leads_to", "clients", "blue": {"sessions", "rows_written"}, "green": {...}}``.

    ``rows_written`` counts from the server's start, rows that were applied included; two looks tell what was written
    between them.
    """
    found: dict[str, Any] = {}
    for side in ("blue", "green"):
        with ends.open(side, "outside") as db:  # type: ignore[arg-type]
            found[side] = {name: number(db, name) for name in ("sessions", "rows_written")}
    router = leg_of(ends, "blue").router()
    try:
        place, traffic = router.where(), router.traffic()
        found |= {"leads_to": _side(ends, place) or str(place), "clients": traffic.clients, "paused": router.paused()}
    finally:
        router.close()
    return found


def check(ctx: RunContext, ends: Ends, live: SideName) -> Check:
    """Judge whether the router leads clients to the side that is live, and nobody is held."""
    try:
        found = look(ctx, ends)
    except CutoverError as error:
        return Check("TRAFFIC", "traffic", False, "error", f"cannot be seen: {error.what}")
    ok = found["leads_to"] == live and not found["paused"]
    held = ", and clients are held" if found["paused"] else ""
    away = "green" if live == "blue" else "blue"
    stray = found[away]["sessions"]
    who = "the flag leads {} instances" if ctx.spec.form == "databases" else "the router leads {} clients"
    text = f"{who.format(found['clients'])} to {found['leads_to']}{held}"
    if stray:
        text += f"; {stray} sessions are on {away} directly, where they cannot write"
    return Check("TRAFFIC", "traffic", ok, "error", text, found)


def _side(ends: Ends, place: Place) -> SideName | None:
    for side in ("blue", "green"):
        if Place.of(ends.info(side)) == place:  # type: ignore[arg-type]
            return side  # type: ignore[return-value]
    return None


def number(db: Db, name: str) -> int:
    """Return ``sessions`` (of clients, our own left out) or ``rows_written`` of the database of ``db``."""
    row = db.execute(sqlfiles.text(f"blue_green/{name}").encode()).fetchone()
    assert row is not None, "an aggregate has one row"
    return int(row[0])
