"""Control: pause, resume and speed of a running backfill, changed by an operator while it runs."""

from __future__ import annotations

import difflib
import logging
import uuid
from collections.abc import Callable
from typing import Any

from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionRefused
from cutover.journal.calls import Calls
from cutover.journal.errors import ControlRefused, JournalUnavailable
from cutover.journal.records import Control
from cutover.journal.safe import json_safe

log = logging.getLogger("cutover.journal")


def _number(low: float, high: float, kind: type) -> Callable[[Any], bool]:
    kinds = (int,) if kind is int else (int, float)
    return lambda v: v is None or (isinstance(v, kinds) and not isinstance(v, bool) and low <= v <= high)


# name -> (is the value all right, what would be)
LIMITS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "paused": (lambda v: isinstance(v, bool), "true or false"),
    "batch_rows": (_number(1, 1_000_000, int), "a whole number of rows from 1 to 1000000, or nothing for the spec's"),
    "pause_seconds": (_number(0, 3600, float), "seconds from 0 to 3600, or nothing for the spec's"),
    "workers": (_number(1, 32, int), "a whole number from 1 to 32, or nothing for the spec's"),
}


class Controls(Calls):
    """The live controls of the journal."""

    def __init__(self, info: ConnectionInfo, *, patience: float = 10.0) -> None:
        super().__init__(info, patience=patience)
        self._last: dict[str, Control] = {}

    def control(self, run_id: str) -> Control:
        """Return what the operator wants now; while the journal is away, what was wanted last.

        :raises JournalUnavailable: the journal is away and was never asked about this run.
        """
        known = self._last.get(run_id)
        try:
            found = self.rows("control_get", run_id=run_id, patience=self.patience if known is None else 0)
        except (JournalUnavailable, ConnectionRefused) as error:
            if known is None:
                raise
            log.warning("going on with the last known controls: %s", error.what)
            return known
        self._last[run_id] = Control(**found[0]) if found else Control()
        return self._last[run_id]

    def set_control(self, run_id: str, actor: str, **changes: Any) -> Control:
        """Change one or more of :data:`LIMITS`; the rest stays. Who changed what is written as an event.

        :raises ControlRefused: unknown name or unusable value.
        :raises RunUnknown: no such run.
        """
        _validate(changes)
        values = {name: changes.get(name) for name in LIMITS}
        found = self.row(
            "control_put",
            run_id=run_id,
            actor=actor,
            changed=list(changes),
            text=", ".join(f"{name} = {'as in the spec' if v is None else v}" for name, v in changes.items()),
            data=json_safe(changes, "controls"),
            event_id=uuid.uuid4(),
            **values,
        )
        assert found
        return Control(**found)


def _validate(changes: dict[str, Any]) -> None:
    if not changes:
        raise ControlRefused("no control was named.", fix=f"name at least one of {', '.join(LIMITS)}.")
    for name, value in changes.items():
        if name not in LIMITS:
            near = difflib.get_close_matches(name, LIMITS, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(LIMITS)}."
            raise ControlRefused(f"there is no control {name!r}.", fix=fix)
        usable, right = LIMITS[name]
        if not usable(value):
            raise ControlRefused(f"control {name!r} cannot be {value!r}.", fix=f"give {right}.")
