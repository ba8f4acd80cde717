"""The central journal: what each run did, is doing and was told to do, in a Postgres of its own."""

from __future__ import annotations

from typing import Any

from cutover.journal.announcements import Announcements
from cutover.journal.checks import Checks
from cutover.journal.control import Controls
from cutover.journal.documents import Documents
from cutover.journal.events import Events
from cutover.journal.messages import Messages
from cutover.journal.progress import Progresses
from cutover.journal.questions import Questions
from cutover.journal.rehearsals import Rehearsals
from cutover.journal.runs import Runs
from cutover.journal.samples import Samples
from cutover.journal.schema import Schema
from cutover.journal.steps import Steps


class Journal(
    Runs,
    Steps,
    Progresses,
    Samples,
    Controls,
    Checks,
    Events,
    Questions,
    Documents,
    Messages,
    Announcements,
    Rehearsals,
    Schema,
):
    """All parts over one connection; any number of threads may share it.

    Opened at the first call, reopened when it was dropped. State-changing calls raise
    :class:`~cutover.journal.errors.JournalUnavailable` when the server stays away; telling progress never does.
    """

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()
