"""What a run's events say of questions and answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cutover.approvals.asked import open_questions
from cutover.approvals.holding import not_again_yet, unsigned
from cutover.approvals.signing import missing, signatures
from cutover.journal.records import Event, Run

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
ROLES = {"sign_off": ["database", "qa"]}


def run(dry_run: bool = False, **approvals: Any) -> Run:
    values: dict[str, Any] = dict.fromkeys(Run.__dataclass_fields__)
    return Run(**{**values, "run_id": "leads.1", "dry_run": dry_run, "spec": {"approvals": approvals}})


def asked(task: str, dag_run: str = "a", at: datetime = NOW) -> Event:
    return Event(at, "approval_asked", f"{task}?", None, {"task": task, "dag_run_id": dag_run})


def answered(task: str, approved: bool = True, dag_run: str = "a", at: datetime = NOW, **data: Any) -> Event:
    said = {"task": task, "dag_run_id": dag_run, "approved": approved, "who": "olga", **data}
    return Event(at, "approval", f"{task}?", "olga", said)


def state(to: str) -> Event:
    return Event(NOW, "state", to, None, {"to": to})


def tasks(*events: Event) -> list[tuple[str | None, str | None]]:
    return [(question.task, question.dag_run_id) for question in open_questions(events)]


def test_a_question_is_open_until_its_own_answer() -> None:
    assert tasks(asked("x"), asked("y"), answered("x")) == [("y", "a")]
    assert tasks(asked("x"), answered("x"), asked("x")) == [("x", "a")]
    assert tasks(asked("x", "a"), asked("x", "b"), answered("x", dag_run="b")) == [("x", "a")]
    assert tasks(asked("x"), Event(NOW, "approval_refused", "", None, {"task": "x", "dag_run_id": "a"})) == [("x", "a")]


def test_a_question_is_closed_by_what_makes_it_pointless() -> None:
    withdrawn = Event(NOW, "approval_withdrawn", "", None, {"task": "x", "dag_run_id": "a"})
    assert tasks(asked("x"), withdrawn) == tasks(asked("x"), state("rolling_back")) == []
    assert tasks(asked("x"), state("verifying")) == [("x", "a")]


def states(*events: Event) -> list[str]:
    return [signature.state for signature in signatures(run(**ROLES), events)]


def test_where_each_role_stands() -> None:
    assert states() == ["missing", "missing"]
    assert states(asked("sign_off_qa")) == ["missing", "open"]
    assert states(answered("sign_off_database"), answered("sign_off_qa", approved=False)) == ["signed", "objects"]
    assert states(answered("sign_off_qa", approved=False, later=True)) == ["missing", "missing"]


def test_the_last_word_of_a_role_counts_and_silence_is_no_word() -> None:
    no, yes = answered("sign_off_qa", approved=False), answered("sign_off_qa")
    silence = answered("sign_off_qa", approved=False, later=True, timed_out=True)
    assert states(no, yes)[1] == states(yes, silence)[1] == states(yes, asked("sign_off_qa", "b"))[1] == "signed"
    assert states(yes, no)[1] == states(no, silence)[1] == "objects"
    assert states(no, asked("sign_off_qa", "b"))[1] == "open"


def test_nobody_signs_a_rehearsal_or_what_wants_no_signature() -> None:
    assert missing(run(dry_run=True, **ROLES), []) == missing(run(), []) == []
    assert unsigned(run(), []) is None
    assert unsigned(run(**ROLES), [answered("sign_off_database")]) == "the sign-off of QA is missing"


HOUR = timedelta(hours=1)
ASK: dict[str, Any] = {"finalize": "required", "timeout": "2h"}
TASK = "approve_finalize"


@pytest.mark.parametrize(
    ("events", "after", "held"),
    [
        ([], HOUR, False),
        ([asked(TASK)], HOUR, True),
        ([asked(TASK)], 2 * HOUR, False),
        ([asked(TASK), answered(TASK, approved=False, at=NOW + HOUR)], 2 * HOUR, True),
        ([asked(TASK), answered(TASK, approved=False, at=NOW + 2 * HOUR, timed_out=True)], 2 * HOUR, False),
        ([asked("approve_cutover")], HOUR, False),
    ],
)
def test_whoever_was_asked_a_short_while_ago_is_not_asked_again(
    events: list[Event], after: timedelta, held: bool
) -> None:
    assert not_again_yet(run(**ASK), events, NOW + after) is held
    assert not_again_yet(run(timeout="2h"), events, NOW + after) is False
