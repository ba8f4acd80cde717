"""Steps: every attempt with its beginning, its end and what went wrong."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from cutover.errors import Cancelled, CutoverError
from cutover.journal.records import Step
from cutover.journal.safe import json_safe, scrubbed
from cutover.journal.statements import Statements

log = logging.getLogger("cutover.journal")


class StepHandle:
    """A step that is under way: :meth:`detail` adds to what is written at its end."""

    def __init__(self, name: str, attempt: int) -> None:
        self.name = name
        self.attempt = attempt
        self.collected: dict[str, Any] = {}

    def detail(self, data: Mapping[str, Any]) -> None:
        """Merge JSON-safe ``data`` into the step's detail."""
        json_safe(data, f"detail of step {self.name!r}")
        self.collected.update(data)


class Steps(Statements):
    """The steps of the journal."""

    @contextmanager
    def step(self, run_id: str, name: str) -> Iterator[StepHandle]:
        """Write down that a step began, and how it ended; whatever it raises goes on to the caller.

        An attempt of the same step that is still open was left by a worker that died; it is closed as ``lost``.
        What the run sends to databases meanwhile is kept as the step's statements.
        """
        key = uuid.uuid4()
        begun = self.row("step_begin", id=key, run_id=run_id, name=name)
        assert begun
        handle = StepHandle(name, begun["attempt"])
        with self.recording(run_id, name, handle.attempt):
            try:
                yield handle
            except BaseException as error:
                self._close_failed(key, handle, error)
                raise
            self.rows("step_end", id=key, state="done", error=None, detail=json_safe(handle.collected, name))

    def steps(self, run_id: str) -> list[Step]:
        """Return all attempts in the order in which they began."""
        return [Step(**row) for row in self.rows("steps", run_id=run_id)]

    def _close_failed(self, key: uuid.UUID, handle: StepHandle, error: BaseException) -> None:
        state = "cancelled" if isinstance(error, (Cancelled, KeyboardInterrupt)) else "failed"
        text = scrubbed(str(error).strip()) or type(error).__name__
        try:
            self.rows("step_end", id=key, state=state, error=text, detail=json_safe(handle.collected, handle.name))
        except (CutoverError, psycopg.Error) as second:
            # The step's own error is what the operator needs to see.
            log.warning("step %s failed, and the journal could not be told: %s", handle.name, second)
