"""All that the journal knows of a run, read once: what the documents are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cutover.journal.check import Check
from cutover.journal.records import DocumentInfo, Event, Progress, Run, Sample, Statement, Step
from cutover.journal.store import Journal
from cutover.messages.head import link, runbook_link
from cutover.runbook.page import Link, Text

# What does not go on by itself any more, or not for days.
SETTLED = frozenset({"window", "rolled_back", "failed", "finalized", "aborted"})


@dataclass(frozen=True, slots=True)
class Story:
    """One run; ``now`` is when it was read. Of ``checks`` all verdicts are there, in order."""

    run: Run
    now: datetime
    steps: tuple[Step, ...] = ()
    progress: tuple[Progress, ...] = ()
    checks: tuple[Check, ...] = ()
    events: tuple[Event, ...] = ()
    samples: tuple[Sample, ...] = ()
    statements: tuple[Statement, ...] = ()
    documents: tuple[DocumentInfo, ...] = ()

    @property
    def going_on(self) -> bool:
        return self.run.state not in SETTLED

    @property
    def end(self) -> datetime:
        """When it ended; for one that has not: now, or in its window when the last step ended."""
        if self.run.ended_at:
            return self.run.ended_at
        last = max((step.ended_at for step in self.steps if step.ended_at), default=None)
        return last if self.run.state == "window" and last else self.now

    def of_kind(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    def done(self, name: str) -> dict[str, Any]:
        """Return what the attempts of a step that ended well have found; of what several say, the newest."""
        found: dict[str, Any] = {}
        for step in self.steps:
            if step.name == name and step.state == "done":
                found |= {key: value for key, value in step.detail.items() if value is not None}
        return found

    @property
    def airflow(self) -> str | None:
        """The address of the run's page in Airflow."""
        return link(list(self.events))

    def document(self, name: str) -> Text:
        """Return a link to a document of the run, where people can reach it."""
        base = runbook_link(list(self.events))
        return Link(name, f"{base.rpartition('/')[0]}/documents/{name}") if base else name


def read(journal: Journal, run_id: str, now: datetime | None = None) -> Story:
    """Read a run. :raises RunUnknown: no such run."""
    run = journal.get_run(run_id)
    return Story(
        run,
        now or datetime.now(UTC),
        tuple(journal.steps(run_id)),
        tuple(journal.get_progress(run_id)),
        tuple(journal.checks(run_id, history=True)),
        tuple(journal.events(run_id)),
        tuple(journal.samples(run_id)),
        tuple(journal.statements(run_id)),
        tuple(journal.documents(run_id)),
    )
