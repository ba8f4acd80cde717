"""What a show's migration is done to: an application with its database, its processes and what they must find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import psycopg

from cutover_demo.crowd import Crowd, CrowdVerdict
from cutover_demo.shop import Progress
from cutover_demo.verdict import Observed

if TYPE_CHECKING:
    from pathlib import Path

    from cutover_demo.fleet import Fleet
    from cutover_demo.options import Options
    from cutover_demo.stage import Stage
    from localstack.stack import Stack

Session = psycopg.Connection[Any]


class Application(Protocol):
    """One for each schema that the demo has."""

    def called(self, rows: int) -> str:
        """Return what is loaded, for people: ``a shop with 1,000,000 orders``."""

    def load(self, stack: Stack, db: Session, rows: int, say: Progress) -> None:
        """Fill the empty database; ``db`` is a session of the role that migrations run as."""

    def untouched(self, db: Session) -> tuple[int, str]:
        """Return number and fingerprint of the rows that no process of the application writes."""

    def fleet(self, stage: Stage, options: Options, ledger: Path) -> Fleet:
        """Return the processes, which keep their ledger in the folder ``ledger``."""

    def observe(self, db: Session, untouched_before: tuple[int, str]) -> Observed:
        """Read what the ledger is compared with; nobody writes any more."""

    def judge(self, others: Sequence[Crowd], db: Session) -> CrowdVerdict:
        """Compare what those beside the fleet were told with what is there."""
