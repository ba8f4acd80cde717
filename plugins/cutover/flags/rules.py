"""How a flag may be moved on."""

from __future__ import annotations

from cutover.flags.errors import ModeRefused
from cutover.flags.flag import Flag
from cutover.flags.mode import Mode


def check(before: Flag, mode: Mode, read_new: float, shadow: float) -> None:
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
