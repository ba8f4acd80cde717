"""Events: what happened, in order, and who did it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from cutover.journal.calls import Calls
from cutover.journal.records import Event
from cutover.journal.safe import json_safe, scrubbed


class Events(Calls):
    """The events of the journal."""

    def event(
        self, run_id: str, kind: str, text: str, actor: str | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Write an event down.

        :param kind: a short stable word (``"state"``, ``"control"``, ``"blocked"`` ...).
        :raises NotJsonSafe: ``data`` would not come back as it is.
        """
        document = None if data is None else json_safe(dict(data), f"data of event {kind!r}")
        self.rows(
            "event_put", id=uuid.uuid4(), run_id=run_id, kind=kind, text=scrubbed(text), actor=actor, data=document
        )

    def events(self, run_id: str, kind: str | None = None) -> list[Event]:
        """Return the events in the order in which they were written."""
        return [Event(**row) for row in self.rows("events", run_id=run_id, kind=kind)]
