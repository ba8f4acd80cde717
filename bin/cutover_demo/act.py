"""One DAG run of a play."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutover.journal.records import Run
from cutover_demo.runs import DagRun


@dataclass(slots=True)
class Act:
    """A DAG run, with when it began and ended (monotonic nanoseconds).

    :param step: the step in the journal that moves live from one side to the other.
    :param expected: the state in which the DAG run should end.
    :param run: what the journal calls it, once it has begun there.
    :param row_diff: differing rows, where the play has compared both sides during the act.
    :param told: the tasks of which the screen has a line already, with their states.
    """

    dag_run: DagRun
    began: int
    step: str
    expected: str = "success"
    state: str = "running"
    ended: int = 0
    run: Run | None = None
    row_diff: int | None = None
    told: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return (self.ended - self.began) / 1e9
