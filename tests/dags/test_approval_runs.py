"""What people are asked around a cutover: who may answer, and that no answer is never a yes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cutover.journal.store import Journal
from support.dag_runs import TIME_OUT, Spoken, Stage, answering, waiting
from support.triggering import store, triggered
from support.windows import Window

pytestmark = pytest.mark.dags
BACK: dict[str, Any] = {"approvals": {"rollback": "required"}}
FINAL: dict[str, Any] = {"approvals": {"finalize": "required"}}
FINALIZE, CONFIRM = "approve_finalize", "confirm"


@pytest.fixture(autouse=True)
def stored(load_dag: Any) -> None:
    """The DAGs that others trigger have to be known to Airflow."""
    store(load_dag, ("rollback_online", "sign_off", "finalize"))
    triggered("finalize")


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have rolling back and finalizing only written down: what matters here is whether they are done."""
    from cutover import strategies
    from cutover.operators.roll_back import RollBackOperator

    done = list[str]()

    def noted(what: str) -> dict[str, Any]:
        done.append(what)
        return {}

    monkeypatch.setattr(strategies, "finalize", lambda *_, **__: noted("finalize"))
    monkeypatch.setattr(RollBackOperator, "work", lambda *_: noted("roll_back"))
    return done


@pytest.mark.parametrize("answer", [("Reject", "not at noon"), TIME_OUT])
def test_without_a_yes_nothing_of_a_rollback_is_begun(stage: Stage, answer: Spoken) -> None:
    window = Window(stage, **BACK)
    with answering(confirm=answer):
        states = window.run("rollback_online", reason="slow queries")
    assert states["confirm"] == "failed" and states["begin"] == states["roll_back"] == "upstream_failed"
    assert window.state == "window" and window.told("approval")[0].startswith("Take “A trial” back? No, by ")


def test_a_yes_takes_it_back(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, **BACK)
    seen: list[Any] = []

    def olga() -> Spoken:
        seen.append(waiting(CONFIRM)[1])
        return "Approve", "go"

    with answering(confirm=olga):
        states = window.run("rollback_online", reason="slow queries")
    assert "dag_test asks for it: slow queries" in seen[0].body and states["confirm"] == "success"
    assert window.told("approval") == ["Take “A trial” back? Yes, by olga. go"]
    assert states["run"] == "success" and window.state == "rolling_back" and idle == ["roll_back"]


def test_what_was_not_triggered_by_hand_waits_for_nobody(stage: Stage) -> None:
    """As `call_off`, `swap_back`, `keep_in_step` and an objection trigger it, in the name of who began the run."""
    from airflow.utils.types import DagRunType

    from cutover.operators.confirm_rollback import ConfirmRollbackOperator

    window = Window(stage, **BACK)
    operator = ConfirmRollbackOperator(task_id="confirm", reason="verify: 3 rows differ")
    operator.run_id = window.run_id
    dag_run = SimpleNamespace(run_type=DagRunType.OPERATOR_TRIGGERED, triggering_user_name="olga")
    ti = SimpleNamespace(dag_id="rollback_online", run_id="rollback__1", task_id="confirm", map_index=-1)
    context: Any = {"dag_run": dag_run, "ti": ti}
    assert operator.execute(context)["chosen_options"] == ["Approve"] and operator.retries == 5
    (told,) = window.told("approval")
    assert told == "Take “A trial” back? Yes, by the rule that only what is triggered by hand waits for a person."


def test_a_run_that_is_not_live_for_good_is_stopped_without_a_question(stage: Stage) -> None:
    window = Window(stage, **BACK)
    window.journal.set_state(window.run_id, "watching")
    assert window.run("rollback_online")["begin"] == "success"
    assert "the rule that a run which is watching is stopped at once" in window.told("approval")[0]


def test_by_default_nobody_is_asked_and_nothing_is_written_down(stage: Stage, idle: list[str]) -> None:
    window = Window(stage)
    assert window.run("finalize")["run"] == "success"
    assert idle == ["finalize"] and window.told("approval") == [] and window.state == "finalized"


def test_finalizing_wants_a_yes(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, **FINAL)
    states: list[str] = []

    def olga() -> Spoken:
        states.append(window.state)
        return "Approve", "all is well"

    with answering(approve_finalize=olga):
        assert window.run("finalize")["run"] == "success"
    assert states == ["window"], "the way back is open as long as the question is"
    assert idle == ["finalize"] and window.state == "finalized"
    assert window.told("approval") == ["Finalize “A trial”, and give up its way back? Yes, by olga. all is well"]


def test_a_no_keeps_the_way_back_and_is_not_asked_about_every_hour(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, **FINAL)
    window.by_the_clock("finalize_due")
    assert triggered("finalize") == [{"run": window.run_id}]
    with answering(approve_finalize=("Reject", "a week longer")):
        assert window.run("finalize")["approve_finalize"] == "failed"
    assert idle == [] and window.state == "window"
    window.by_the_clock("finalize_due")
    assert triggered("finalize") == []
    age(window.journal, timedelta(days=1))
    window.by_the_clock("finalize_due")
    assert triggered("finalize") == [{"run": window.run_id}], "a day later it is"


def test_without_an_answer_the_way_back_stays_open_and_it_is_asked_again(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, **FINAL)
    during: list[Any] = []

    def nobody() -> Spoken:
        window.by_the_clock("finalize_due")
        during.extend(triggered("finalize"))
        age(window.journal, timedelta(days=1))  # the time that the question waits
        return TIME_OUT

    with answering(approve_finalize=nobody):
        assert window.run("finalize")["approve_finalize"] == "failed"
    assert during == [], "one open question is enough"
    assert idle == [] and window.state == "window"
    window.by_the_clock("finalize_due")
    assert triggered("finalize") == [{"run": window.run_id}]


def test_a_rollback_overtakes_the_question_whether_to_finalize(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, **FINAL)

    def rolled_back() -> Spoken:
        window.journal.set_state(window.run_id, "rolled_back")
        return "Approve", ""

    with answering(approve_finalize=rolled_back):
        states = window.run("finalize")
    assert states["finalize"] == "failed" and idle == [] and window.state == "rolled_back"


def test_and_takes_it_off_the_list(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, **FINAL)
    cleared: list[Any] = []

    def rolled_back() -> None:
        if not cleared:
            window.journal.set_state(window.run_id, "rolled_back")
            cleared.append(window.by_the_clock("keep_in_step"))

    with answering(approve_finalize=rolled_back) as answered:
        states = window.run("finalize")
    assert answered == [] and waiting(FINALIZE) == (None, None)
    assert states["begin"] == states["finalize"] == "skipped" and states["run"] == "success" and idle == []


def test_whoever_triggered_it_does_not_count_as_the_second_pair_of_eyes(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, approvals={"finalize": "required", "four_eyes": True})
    answers: list[Any] = [("Approve", "it is fine", "dag_test"), ("Approve", "it is", "ada")]
    with answering(approve_finalize=answers) as answered:
        assert window.run("finalize")["run"] == "success"
    assert len(answered) == 2 and idle == ["finalize"]
    (refused,) = window.journal.events(window.run_id, kind="approval_refused")
    assert "dag_test triggered it" in refused.text and refused.actor == "dag_test"
    assert window.told("approval") == ["Finalize “A trial”, and give up its way back? Yes, by ada. it is"]


@pytest.mark.parametrize("four_eyes", [True, False])
def test_a_ticked_box_is_the_yes_of_whoever_triggered_it(stage: Stage, four_eyes: bool) -> None:
    from cutover.operators.approval import ApprovalOperator
    from cutover.operators.opening import open_context

    stage.spec(cutover={"approval": "required"}, approvals={"four_eyes": four_eyes})
    run = stage.begin("trial.1")
    operator = ApprovalOperator(task_id="approve_cutover", subject="Cut over now?", run_id=run.run_id)
    operator.auto_approve = True
    with open_context(run.run_id) as ctx:
        assert (operator.rule(ctx, {}) is None) is four_eyes  # type: ignore[typeddict-item]


def test_whoever_triggered_it_may_always_say_no(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, approvals={"finalize": "required", "four_eyes": True})
    with answering(approve_finalize=("Reject", "on second thought", "dag_test")):
        assert window.run("finalize")["approve_finalize"] == "failed"
    assert window.told("approval_refused") == [] and idle == []


def test_who_may_answer_and_for_how_long_is_said_by_the_spec_of_the_run(stage: Stage) -> None:
    window = Window(stage, approvals={"finalize": "required", "people": {"owner": ["olga", "ada"]}, "timeout": "90m"})
    seen: list[Any] = []

    def look() -> Spoken:
        task, question = waiting(FINALIZE)
        seen.extend([question.assignees, task.trigger_timeout - datetime.now(UTC)])
        return "Reject", ""

    with answering(approve_finalize=look):
        window.run("finalize")
    people, wait = seen
    assert people == [{"id": "olga", "name": "olga"}, {"id": "ada", "name": "ada"}]
    assert timedelta(minutes=85) < wait <= timedelta(minutes=90)


def test_a_rehearsal_asks_nobody(stage: Stage, idle: list[str]) -> None:
    window = Window(stage, dry_run=True, approvals={"rollback": "required", "finalize": "required", "four_eyes": True})
    with answering() as answered:
        assert window.run("rollback_online")["begin"] == "success"
        window.journal.set_state(window.run_id, "window")
        assert window.run("finalize")["run"] == "success"
    assert answered == [] and idle == ["roll_back", "finalize"]
    assert window.told("approval") == [
        "Take “A trial” back? Yes, by a rehearsal.",
        "Finalize “A trial”, and give up its way back? Yes, by a rehearsal.",
    ]


def age(journal: Journal, by: timedelta) -> None:
    """Let time pass: what was written down was so much earlier."""
    from cutover.postgres.connect import connect

    with connect(journal.info, application="tests") as db:
        db.execute("update cutover_journal.event set at = at - %s", (by,))
