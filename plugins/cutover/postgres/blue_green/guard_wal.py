"""A guard on the live server's disk: a slot keeps WAL for as long as its follower has not confirmed it."""

from __future__ import annotations

from typing import Any

from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import health
from cutover.postgres.blue_green.health import Slot
from cutover.postgres.blue_green.names import Names, SideName, other
from cutover.spec.sizes import format_size

# The server is about to give the slot up, or has done so: what it would have sent is gone for good.
DANGEROUS = frozenset({"unreserved", "lost"})
SOON = 0.8


class SlotKeepsTooMuch(CutoverError):
    """The slot keeps more WAL on the live server than the migration allows."""

    code = "BGR040"


class SlotInDanger(CutoverError):
    """The server no longer guarantees, or has lost, the WAL that the other side needs."""

    code = "BGR041"


def check(ctx: RunContext, db: Db, origin: SideName = "blue") -> dict[str, Any]:
    """Look at what the run's slot keeps on ``origin``, which ``db`` is a session of.

    :returns: ``{"kept_bytes", "max_bytes", "wal_status", "safe_wal_size"}``; all but the limit are None without a slot.
    :raises SlotKeepsTooMuch, SlotInDanger: the run must be taken back before the live server's disk is in danger.
    """
    name = Names(ctx.journal.get_run(ctx.run_id).number).flow(origin)
    return judge(ctx, name, health.slot(db, name), origin)


def judge(ctx: RunContext, name: str, slot: Slot | None, origin: SideName) -> dict[str, Any]:
    """As :func:`check`, for a slot that was looked at already."""
    most = int(ctx.spec.replication.max_wal)
    figures: dict[str, Any] = {"kept_bytes": None, "max_bytes": most, "wal_status": None, "safe_wal_size": None}
    if slot is None:
        return figures
    figures |= {"kept_bytes": slot.kept_bytes, "wal_status": slot.wal_status, "safe_wal_size": slot.safe_wal_size}
    where = f"slot {name} on {origin} ({ctx.resolve(_conn_id(ctx, origin)).label()})"
    back = f"roll the run back: that drops the slot and frees the WAL; {other(origin)} is then no longer followed."
    if slot.wal_status in DANGEROUS:
        raise SlotInDanger(
            f"{where} is {slot.wal_status}: the server gives up WAL that {other(origin)} has not got yet.",
            fix=f"{back} Before the next attempt raise max_slot_wal_keep_size on {origin}.",
        )
    if slot.kept_bytes is not None and slot.kept_bytes > most:
        raise SlotKeepsTooMuch(
            f"{where} keeps {slot.kept_bytes:,} bytes of WAL; the migration allows {most:,} ({format_size(most)}).",
            fix=f"{back} Or find out why {other(origin)} does not keep up, or raise replication: max_wal.",
        )
    return figures


def soon(figures: dict[str, Any]) -> bool:
    """Whether the limit is near: worth a warning before it is an error."""
    kept = figures["kept_bytes"]
    return kept is not None and kept > SOON * figures["max_bytes"]


def _conn_id(ctx: RunContext, side: SideName) -> str:
    return ctx.spec.source if side == "blue" else str(ctx.spec.target)
