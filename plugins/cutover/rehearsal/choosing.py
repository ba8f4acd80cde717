"""Which migrations a night rehearses: all that are planned, and not done yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from cutover.journal.records import ACTIVE
from cutover.journal.store import Journal
from cutover.spec.errors import SpecError
from cutover.spec.models import Migration

# Live has changed sides, so there is nothing left to rehearse.
DONE = frozenset({"window", "finalizing", "finalized"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A migration of tonight. ``verdict`` and ``why``: where it is settled without a rehearsal."""

    name: str
    title: str
    strategy: str
    verdict: str | None = None
    why: str | None = None


def candidates(
    good: Mapping[str, Migration], bad: Mapping[str, SpecError], journal: Journal, only: Collection[str] | None = None
) -> Iterator[Candidate]:
    """Yield tonight's migrations by name; those that are done are not among them.

    :param only: names of those that are wanted; by default all.
    """
    for name in sorted({*good, *bad} if not only else {*only} & {*good, *bad}):
        if name in bad:
            first = str(bad[name]).strip().splitlines()[0]
            yield Candidate(name, name, "unknown", "no_go", f"its spec cannot be used: {first}")
            continue
        spec = good[name]
        latest = journal.latest_run(name)
        if latest is not None and latest.state in DONE:
            continue
        known = (name, spec.title, spec.strategy)
        if spec.rehearse.skip:
            yield Candidate(*known, "not_rehearsed", f"its spec says so: {spec.rehearse.skip}")
        elif latest is not None and latest.state in ACTIVE:
            yield Candidate(*known, "not_rehearsed", f"it is being carried out: run {latest.run_id}")
        else:
            yield Candidate(*known)
