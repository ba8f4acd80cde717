"""What a strategy has to say for itself, so that it can be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from cutover.journal.records import Run
from cutover_demo.act import Act
from cutover_demo.application import Application
from cutover_demo.crowd import Crowd
from cutover_demo.options import Options
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from cutover_demo.play import Play


class Show(Protocol):
    """One strategy on the stage.

    :ivar cutover_step: the step in the journal in which live changes sides.
    :ivar application: what is migrated, and who writes it.
    """

    strategy: str
    migration: str
    cutover_step: str
    application: Application

    def crowd(self, stage: Stage, options: Options, folder: Path) -> Sequence[Crowd]:
        """Return who writes beside the fleet; ``folder`` is theirs."""

    def perform(self, play: Play) -> None:
        """Migrate while everybody writes; go back where the options say so."""

    def expected_state(self, options: Options) -> str:
        """Return the state of the last run after the play."""

    def live(self, stage: Stage) -> str:
        """Return the connection id of the database that clients reach."""

    def row_diff(self, stage: Stage, run: Run) -> int | None:
        """Compare both sides for the last time, after the last write; None where there are no two sides."""

    def board(
        self, stage: Stage, acts: Mapping[str, Act], crowd: Sequence[Crowd], figures: dict[str, Any]
    ) -> Scoreboard:
        """Return the scoreboard: ``figures`` are those that every strategy has."""
