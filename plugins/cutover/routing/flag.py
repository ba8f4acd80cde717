"""A flag as a router: held, it is what PAUSE is to a pooler, and its next version says where clients go on.

Clients are the instances that follow the flag. They are led to blue in every mode but ``new_only``, which leads them
to green: replication writes the other side, so there is one side to write at a time. To hold them is a version of the
flag under which nothing is begun but reading, and they are held when every live instance has acknowledged it. To lead
them elsewhere and to let them go on is one change of the flag, so nobody sees the one without the other.

A hold ends by itself. It is so long that it outlasts the cutover and whoever has to bring that to its end, because
clients that go on while the origin is fenced are refused there; and who brings it to its end holds again for as long.
"""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Event

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.flags import Flag, FlagChanged, Instance, Mode
from cutover.flags.kept import KeptStore
from cutover.flags.mode import MODES
from cutover.routing.router import NotPaused, Place, RouterFailed, Traffic

LOOK_SECONDS = 0.005
NAMED = 8


class FlagRouter:
    """The flag of one migration.

    :param info: the store of flags. :param blue, green: where clients are led until ``new_only``, and from then on.
    :param by: the run, which is kept with each change. :param hold: seconds for which a pause holds at most.
    """

    def __init__(
        self, info: ConnectionInfo, migration: str, blue: Place, green: Place, *, by: str, hold: float
    ) -> None:
        self._store, self._migration = KeptStore(info, by), migration
        self._blue, self._green = blue, green
        self._by, self._hold = by, timedelta(seconds=hold)
        self._wanted: Place | None = None

    def where(self) -> Place:
        """See :meth:`Router.where`. :raises FlagUnknown: there is no such flag."""
        return self._place(self._flag())

    def refuse_unready(self) -> None:
        """See :meth:`Router.refuse_unready`: the flag has to be one change away from the other side."""
        flag = self._flag()
        if flag.mode not in (Mode.DUAL_WRITE_READ_NEW, Mode.NEW_ONLY):
            raise RouterFailed(
                f"the flag of {self._migration!r} is {flag}, so clients cannot be led to the other side at once.",
                fix="run the steps before it, which move the flag; or roll the run back.",
            )

    def brace(self) -> None:
        """See :meth:`Router.brace`: the session is kept from here on."""
        self._flag()

    def pause(self, seconds: float, stop: Event | None = None) -> None:
        """See :meth:`Router.pause`. :raises NotPaused: naming the instances that have work under way."""
        ends = time.monotonic() + seconds
        held = self._held()
        while waiting := self._store.waiting_for(self._migration, held.version):
            if time.monotonic() > ends or (stop is not None and stop.is_set()):
                self.resume()
                raise self._not_paused(waiting, held, seconds)
            time.sleep(LOOK_SECONDS)
        now = self._flag()
        if now.version != held.version or not now.held_for:
            raise NotPaused(f"the flag of {self._migration!r} was changed while it was held: it is {now}.")

    def point(self, place: Place) -> None:
        """See :meth:`Router.point`; :meth:`resume` makes it true.

        :raises RouterFailed: the migration has no such side.
        """
        if place not in (self._blue, self._green):
            raise RouterFailed(
                f"the flag of {self._migration!r} leads to {self._blue} or {self._green}, not to {place}.",
                fix="correct the migration's connections.",
            )
        self._wanted = place

    def resume(self) -> None:
        """See :meth:`Router.resume`; safe where nothing is held. Takes back a hold, and leaves shares as they are."""
        flag = self._flag()
        while self._wanted is not None and self._place(flag) != self._wanted:
            flag = self._step(flag)
        if flag.held_for:
            self._store.set(flag, flag.mode, read_new=flag.read_new, shadow=flag.shadow, by=self._by)

    def keep_held(self, place: Place) -> None:
        """Hold clients of ``place`` on, or again, where the hold is about to end; not where they were led away."""
        flag = self._flag()
        if self._place(flag) == place and flag.held_for < self._hold.total_seconds() / 2:
            self._held()

    def paused(self) -> bool:
        """See :meth:`Router.paused`."""
        return bool(self._flag().held_for)

    def traffic(self) -> Traffic:
        """See :meth:`Router.traffic`: instances that are alive, those with work from before the last change, and, where
        the flag is held, the others."""
        flag = self._flag()
        alive = [one for one in self._store.instances(self._migration) if one.alive]
        active = sum(one.keeps_waiting(flag.version) for one in alive)
        return Traffic(clients=len(alive), active=active, waiting=len(alive) - active if flag.held_for else 0)

    def close(self) -> None:
        """See :meth:`Router.close`; a hold outlives it."""
        self._store.close()

    def _flag(self) -> Flag:
        return self._store.get(self._migration)

    def _place(self, flag: Flag) -> Place:
        return self._green if flag.mode is Mode.NEW_ONLY else self._blue

    def _held(self) -> Flag:
        """Hold the flag as it is from now on, also where it is held already: that may be about to end."""
        while True:
            flag = self._flag()
            try:
                return self._store.set(
                    flag, flag.mode, read_new=flag.read_new, shadow=flag.shadow, hold=self._hold, by=self._by
                )
            except FlagChanged:
                continue

    def _step(self, flag: Flag) -> Flag:
        """Go one mode on. On the way back nothing is read from the side that was left: nobody writes it any more."""
        mode = MODES[flag.mode.place + (1 if self._wanted == self._green else -1)]
        arrives = mode is Mode.NEW_ONLY or flag.mode is Mode.NEW_ONLY
        return self._store.set(flag, mode, hold=None if arrives else self._hold, by=self._by)

    def _not_paused(self, waiting: list[Instance], held: Flag, seconds: float) -> CutoverError:
        shown = ", ".join(f"{one.instance} ({one.application})" for one in waiting[:NAMED])
        more = f" and {len(waiting) - NAMED} more" if len(waiting) > NAMED else ""
        return NotPaused(
            f"after {seconds:.1f} s {len(waiting)} instances have work under way from before version {held.version} of"
            f" the flag: {shown}{more}.",
            fix="see what they are busy with, or raise cutover: max_pause. To go on without one: python -m cutover"
            f" flags excuse {self._migration} {waiting[0].instance}",
        )
