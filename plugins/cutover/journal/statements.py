"""Statements: what ran in a step and changed something. Like samples, they are worth much, but never a step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.types.json import Jsonb

from cutover import recording
from cutover.journal.calls import Calls
from cutover.journal.records import Statement
from cutover.recording import Recorder


class Statements(Calls):
    """The statements of the journal."""

    @contextmanager
    def recording(self, run_id: str, step: str, attempt: int) -> Iterator[Recorder]:
        """Keep what the run sends to databases while the block runs, whoever of its threads sends it."""
        with recording.recording(run_id, step, attempt, self._put_statements) as recorder:
            yield recorder

    def statements(self, run_id: str) -> list[Statement]:
        """Return what ran, per step and text, in the order of first appearance."""
        return [Statement(**row) for row in self.rows("statements", run_id=run_id)]

    def _put_statements(self, recorder: Recorder, lines: list[dict[str, Any]]) -> None:
        """Write lines down, without waiting for a journal that is away."""
        self.rows(
            "statements_put",
            patience=0,
            recorder=recorder.id,
            run_id=recorder.run_id,
            step=recorder.step,
            attempt=recorder.attempt,
            lines=Jsonb(lines),
        )
