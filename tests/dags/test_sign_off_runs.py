"""The sign-off by role: all ask at once, and each answer has its consequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.dag_runs import TIME_OUT, Spoken, Stage, answering, run_dag, waiting
from support.slack_bot import said, slack_bot
from support.triggering import store, triggered, triggered_runs
from support.windows import Window

pytestmark = pytest.mark.dags
TWO: dict[str, Any] = {"approvals": {"sign_off": ["database", "qa"]}}
QA, DATABASE = "sign_off[qa]", "sign_off[database]"
YES = ("Sign off", "looks good")


@pytest.fixture(autouse=True)
def stored(load_dag: Any) -> None:
    """The DAGs that others trigger have to be known to Airflow."""
    store(load_dag, ("rollback_online", "sign_off", "finalize"))
    for name in ("rollback_online", "sign_off", "finalize"):
        triggered(name)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Return what was said."""
    with slack_bot(monkeypatch, channel="#migrations") as (state, _):
        yield lambda: said(state)


@pytest.fixture(scope="module")
def api_user(metadata_db: None) -> Any:
    """``api_user("olga")`` is her browser, before Airflow's own API."""
    from airflow.api_fastapi.app import create_app, get_auth_manager, init_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from fastapi.testclient import TestClient

    app = create_app(apps="core")
    init_auth_manager(app)

    def user(name: str) -> TestClient:
        token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role="USER"))
        return TestClient(app, base_url="http://airflow.test", headers={"Authorization": f"Bearer {token}"})

    return user


def test_when_all_have_signed_the_run_is_signed_off_and_may_be_finalized(stage: Stage, slack: Any) -> None:
    window = Window(stage, **TWO)
    with answering(**{QA: ("Sign off", "all tests pass", "ada"), DATABASE: ("Sign off", "")}) as answered:
        states = window.run("sign_off")
    assert set(answered) == {QA, DATABASE} and states["run"] == states["conclude"] == "success"
    assert states["objection"] == states["roll_back"] == "skipped"
    assert sorted(window.told("approval")) == [
        "Database: sign off “A trial”? Yes, by olga.",
        "QA: sign off “A trial”? Yes, by ada. all tests pass",
    ]
    assert {e.actor for e in window.journal.events(window.run_id, kind="approval")} == {"olga", "ada"}
    assert window.told("signed_off") == [
        "signed off: database: signed off by olga; QA: signed off by ada: all tests pass"
    ]
    assert '*Signed off* by all.\n• database: olga\n• qa: ada, "all tests pass"' in slack()
    window.by_the_clock("finalize_due")
    assert triggered("finalize") == [{"run": window.run_id}]


def test_an_objection_is_told_at_once_and_the_owner_is_asked_while_others_still_think(stage: Stage, slack: Any) -> None:
    window = Window(stage, **TWO)
    seen: list[Any] = []

    def owner() -> Spoken:
        seen.extend([waiting(DATABASE)[1] is not None, waiting("objection")[1], slack()])
        return "Roll back", "prices are wrong"

    answers: Any = {QA: ("Object", "off by ten", "ada"), "objection": owner}
    answers[DATABASE] = lambda: YES if seen else None
    with answering(**answers):
        states = window.run("sign_off")
    was_open, question, told = seen
    assert was_open and '-1: QA: sign off “A trial”? *No*, said ada. "off by ten"' in told
    assert question.subject == "QA: objects (ada): off by ten. Roll “A trial” back?"
    assert question.options == ["Roll back", "Keep"] and "* database: asked" in question.body
    assert states[QA] == "failed" and states["roll_back"] == "success" and states["run"] == "failed"
    why = "QA: objects (ada): off by ten (olga: prices are wrong)"
    assert triggered("rollback_online") == [{"run": window.run_id, "reason": why}]
    said = "Roll “A trial” back? Yes, by olga. prices are wrong"
    assert any(text.endswith(said) for text in window.told("approval")), "whoever else answered first"


@pytest.mark.parametrize("answer", [("Keep", "we live with it"), TIME_OUT])
def test_an_owner_who_keeps_it_or_says_nothing_changes_nothing(stage: Stage, answer: Spoken) -> None:
    window = Window(stage, approvals={"sign_off": ["qa"]})
    with answering(**{QA: ("Object", ""), "objection": answer}):
        states = window.run("sign_off")
    assert states["objection"] == "success" and states["roll_back"] == "skipped" and states["run"] == "failed"
    assert triggered("rollback_online") == [] and window.state == "window"
    window.by_the_clock("finalize_due")
    assert triggered("finalize") == [], "nothing is finalized over an objection"


def test_a_migration_may_say_beforehand_what_an_objection_leads_to(stage: Stage) -> None:
    window = Window(stage, approvals={"sign_off": ["qa"], "on_objection": "roll_back"})
    with answering(**{QA: ("Object", "no")}) as answered:
        window.run("sign_off")
    assert answered == [QA], "nobody else was asked"
    assert triggered("rollback_online") == [{"run": window.run_id, "reason": "QA: objects (olga): no"}]


def test_or_that_it_leads_to_nothing(stage: Stage) -> None:
    window = Window(stage, approvals={"sign_off": ["qa"], "on_objection": "keep"})
    with answering(**{QA: ("Object", "no")}) as answered:
        states = window.run("sign_off")
    assert answered == [QA] and states["roll_back"] == "skipped" and triggered("rollback_online") == []


def test_who_does_not_answer_in_time_has_not_signed_and_is_asked_again_by_hand(stage: Stage, slack: Any) -> None:
    window = Window(stage, **TWO)
    with answering(**{QA: TIME_OUT, DATABASE: YES}):
        states = window.run("sign_off")
    assert states[QA] == "skipped" and states["objection"] == "skipped" and states["conclude"] == "failed"
    assert "QA: sign off “A trial”? Not now, by nobody in time." in window.told("approval")
    assert "QA: sign off “A trial”? *No answer in time.*" in slack()

    for _ in range(2):
        window.by_the_clock("finalize_due")
    assert triggered("finalize") == [] and window.told("finalize_held") == ["the sign-off of QA is missing"]
    assert slack().count("the way back stays open*: the sign-off of QA is missing") == 1
    refused = window.run("finalize")
    assert refused["begin"] == "failed" and window.state == "window"

    with answering(**{QA: ("Sign off", "at last")}) as answered:
        again = window.run("sign_off")
    assert answered == [QA] and again["run"] == "success", "who has signed is not asked again"
    window.by_the_clock("finalize_due")
    assert triggered("finalize") == [{"run": window.run_id}]


def test_it_can_be_finalized_without_a_signature_and_that_is_written_down(stage: Stage) -> None:
    window = Window(stage, approvals={"sign_off": ["qa", "product_owner"]})
    states = window.run("finalize", unsigned=True)
    assert states["begin"] == "success" and states["approve_finalize"] == "success"
    (event,) = window.journal.events(window.run_id, kind="unsigned")
    assert event.text == "finalized although the sign-off of QA, product owner is missing, as the form says"
    assert event.actor == "dag_test"


def test_only_the_people_of_a_role_may_answer_for_it(stage: Stage, api_user: Any) -> None:
    """Airflow itself refuses all others, and tells who may."""
    window = Window(stage, approvals={"sign_off": ["qa"], "people": {"qa": ["quentin", "quinn"]}})
    seen: list[Any] = []

    def quentin() -> None:
        if seen:
            return
        ti, _ = waiting(QA)
        path = f"/api/v2/dags/sign_off/dagRuns/{ti.run_id}/taskInstances/sign_off/{ti.map_index}/hitlDetails"
        seen.append(api_user("olga").get(path).json()["assigned_users"])
        body = {"chosen_options": ["Sign off"], "params_input": {"words": "by the API"}}
        seen.extend(api_user(who).patch(path, json=body).status_code for who in ("olga", "quentin", "quinn"))

    with answering(**{QA: quentin}):
        assert window.run("sign_off")["run"] == "success"
    people, *answers = seen
    assert [each["id"] for each in people] == ["quentin", "quinn"]
    assert answers == [403, 200, 409]
    assert window.told("approval") == ["QA: sign off “A trial”? Yes, by quentin. by the API"]


def test_each_run_is_asked_about_once_by_the_clock(stage: Stage) -> None:
    window = Window(stage, **TWO)
    for _ in range(2):
        assert window.by_the_clock("keep_in_step")["sign_off"] in ("success", "skipped")
    runs = triggered_runs("sign_off")
    assert runs == [(f"sign_off__{window.run_id}", {"run": window.run_id})]
    with answering(**{QA: YES, DATABASE: YES}):
        window.run("sign_off")
    window.by_the_clock("keep_in_step")
    assert triggered("sign_off") == []


def test_runs_that_need_no_signature_are_not_asked_about(stage: Stage) -> None:
    window = Window(stage, dry_run=True, **TWO)
    window.by_the_clock("keep_in_step")
    assert triggered("sign_off") == []
    assert window.run("sign_off")["begin"] == "failed"
    window.by_the_clock("finalize_due")
    assert triggered("finalize") == [], "a rehearsal ends by itself"


def test_a_rollback_withdraws_the_questions(stage: Stage) -> None:
    """The DAG run that asks is cleared, so the questions leave everybody's list; then it sees that it is over."""
    window = Window(stage, **TWO)
    before: list[Any] = []

    def rolled_back() -> None:
        if not before and (question := waiting(DATABASE)[1]):
            before.append(question)
            window.journal.set_state(window.run_id, "rolling_back", reason="by hand")
            window.by_the_clock("keep_in_step")

    with answering(**{QA: rolled_back}) as answered:
        states = window.run("sign_off")
    assert before and answered == [] and not any([*waiting(QA), *waiting(DATABASE)])
    assert states["begin"] == states["objection"] == "skipped" and states["run"] == states["conclude"] == "success"
    assert sorted(window.told("approval_withdrawn")) == [
        f"{role}: sign off “A trial”? Withdrawn: the run has moved on." for role in ("Database", "QA")
    ]
    window.by_the_clock("keep_in_step")
    assert triggered("sign_off") == [], "once is enough"


def test_who_is_being_asked_is_not_asked_a_second_time(stage: Stage) -> None:
    window = Window(stage, **TWO)
    journal, run_id = window.journal, window.run_id
    for role in ("database", "qa"):
        data = {"task": f"sign_off_{role}", "dag_id": "sign_off", "dag_run_id": f"sign_off__{run_id}"}
        journal.event(run_id, "approval_asked", f"{role}?", data=data)
    states = window.run("sign_off")
    assert states["begin"] == "success" and states["sign_off"] == "skipped"
    assert "nobody, all have signed or are being asked" in window.told("sign_off")[0]


def test_a_question_that_its_dag_run_has_left_behind_is_asked_again(stage: Stage) -> None:
    """The worker died just after it had written the question down, or somebody has marked the task failed."""
    window = Window(stage, approvals={"sign_off": ["qa"]})
    with answering(**{QA: TIME_OUT}):
        window.run("sign_off")
    (first,) = window.journal.events(window.run_id, kind="approval_asked")
    window.journal.event(window.run_id, "approval_asked", first.text, data=first.data)
    with answering(**{QA: YES}) as answered:
        assert window.run("sign_off")["run"] == "success"
    assert answered == [QA]


def test_a_run_that_is_not_in_its_window_cannot_be_signed_off(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    window = Window(stage, **TWO)
    window.journal.set_state(window.run_id, "finalizing")
    assert window.run("sign_off")["begin"] == "failed"
    assert "[OPR013] run 'trial.1' is finalizing" in caplog.text


@pytest.mark.slow
def test_from_a_cutover_to_an_objection_to_the_way_back(stage: Stage) -> None:
    """The whole of it: a migration, the clock, a role that objects, and not a row lost."""
    stage.spec(approvals={"sign_off": ["application"], "on_objection": "roll_back"})
    assert stage.run("online", {"migration": "trial"})["run"] == "success"
    run_dag(stage.load("keep_in_step"), {})
    (conf,) = triggered("sign_off")
    stage.world.sql("insert into orders (customer_id, status) select 1, 'NEW' from generate_series(1, 50)")
    rows = stage.world.one("select count(*) from orders")
    with answering(**{"sign_off[application]": ("Object", "the invoices are empty")}):
        run_dag(stage.load("sign_off"), conf)
    (conf,) = triggered("rollback_online")
    assert stage.run("rollback_online", conf)["run"] == "success"
    assert stage.latest().state == "rolled_back"
    assert stage.latest().reason == "application: objects (olga): the invoices are empty"
    assert stage.world.one("select count(*) from orders") == rows and stage.world.leftovers() == []
