"""How a flag may be moved on."""

from __future__ import annotations

from datetime import timedelta

from cutover.errors import CutoverError
from cutover.flags.errors import FlagChanged, HoldOver, ModeRefused
from cutover.flags.flag import Flag
from cutover.flags.mode import Mode


def check(before: Flag, mode: Mode, read_new: float, shadow: float, hold: timedelta | None = None) -> None:
    """:raises ModeRefused: the flag cannot go from ``before`` to that."""
    if not before.mode.beside(mode):
        between = [str(each) for each in Mode if each.place in range(*sorted((before.mode.place, mode.place)))][1:]
        raise ModeRefused(
            f"{before.migration!r} is {before.mode} and cannot become {mode} at once: instances that have not heard of"
            " it yet would write what the others do not read.",
            fix=f"go through {', '.join(between)}.",
        )
    for what, share in (("read_new", read_new), ("shadow", shadow)):
        if not 0 <= share <= 100:
            raise ModeRefused(f"{what} is {share:g} percent.", fix="give a number from 0 to 100.")
    if read_new and mode is not Mode.DUAL_WRITE_READ_NEW:
        raise ModeRefused(f"in {mode} no share of reads can be given.", fix="set read_new to 0.")
    if hold is not None and hold <= timedelta():
        raise ModeRefused(f"the hold is {hold.total_seconds():g} s.", fix="give a time; to end a hold, give none.")


def refused(before: Flag, now: Flag) -> CutoverError:
    """Return why the store did not take a change from ``before``."""
    if now.version == before.version:
        return HoldOver(
            f"the hold of {now.migration!r} under version {now.version} is over: instances may have begun work since.",
            fix="hold it again, look again at what was looked at under the hold, and change it before that is over.",
        )
    return FlagChanged(
        f"the flag of {now.migration!r} was changed meanwhile: it is {now}, by {now.changed_by or 'somebody'}.",
        fix="look at it, and decide again.",
    )
