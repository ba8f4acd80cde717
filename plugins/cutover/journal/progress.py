"""Progress: how far a step is. Telling it must never hurt the step."""

from __future__ import annotations

import logging
import time

from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionRefused
from cutover.journal.calls import Calls
from cutover.journal.errors import JournalUnavailable
from cutover.journal.records import Progress

log = logging.getLogger("cutover.journal")

_QUIET_SECONDS = 5.0


class Progresses(Calls):
    """The progress table of the journal."""

    def __init__(self, info: ConnectionInfo, *, patience: float = 10.0) -> None:
        super().__init__(info, patience=patience)
        self._quiet_until = 0.0

    def progress(
        self,
        run_id: str,
        step: str,
        item: str,
        done: int,
        total: int | None = None,
        *,
        rate: float | None = None,
        eta_seconds: float | None = None,
        note: str | None = None,
    ) -> None:
        """Write how far ``item`` is. A journal that is away is logged, and left alone for some seconds.

        :param rate: units per second.
        """
        if time.monotonic() < self._quiet_until:
            return
        try:
            self.rows(
                "progress_put",
                patience=0,
                run_id=run_id,
                step=step,
                item=item,
                done=done,
                total=total,
                rate=rate,
                eta_seconds=eta_seconds,
                note=note,
            )
        except (JournalUnavailable, ConnectionRefused) as error:
            self._quiet_until = time.monotonic() + _QUIET_SECONDS
            log.warning("progress of %s (%s: %s of %s) not written down: %s", item, step, done, total, error.what)

    def get_progress(self, run_id: str) -> list[Progress]:
        """Return the items in the order in which they began."""
        return [Progress(**row) for row in self.rows("progress_get", run_id=run_id)]
