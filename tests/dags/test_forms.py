"""The trigger forms: lists that help, and never stand in the way."""

from __future__ import annotations

import dataclasses
import socket
import time
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from cutover.operators import forms
from support.connections import Connections
from support.dag_runs import Stage
from support.pair_runs import PairStage

pytestmark = pytest.mark.dags


@pytest.fixture(autouse=True)
def fresh() -> None:
    forms._cache.clear()


def begin(journal: Journal, run_id: str, state: str, **more: Any) -> None:
    values = {"migration": "leads", "strategy": "online", "title": "Leads", "triggered_by": "olga", **more}
    journal.begin_run(run_id, database=run_id, spec={}, **values)
    journal.set_state(run_id, state)


def schema(param: Any) -> dict[str, Any]:
    return dict(param.schema)


def test_migrations_are_listed_with_titles(stage: Stage) -> None:
    stage.spec()
    stage.spec(name="other", title="Another one")
    found = schema(forms.migration("online"))
    assert found["enum"] == ["other", "trial"]
    assert found["values_display"] == {"other": "Another one (other)", "trial": "A trial (trial)"}


def test_a_broken_migration_is_named_with_its_reason_and_hides_no_other(stage: Stage) -> None:
    stage.spec()
    (stage.spec_folder("broken") / "migration.yaml").write_text("name: broken\nfrobnicate: 1\n")
    found = schema(forms.migration("online"))
    assert found["enum"] == ["trial"]
    assert "`broken` is not in the list" in found["description_md"] and "frobnicate" in found["description_md"]


def test_migrations_of_another_strategy_are_not_listed(stage: Stage) -> None:
    stage.spec()
    found = schema(forms.migration("blue_green"))
    assert "enum" not in found and "no migration for the strategy `blue_green`" in found["description_md"]


def test_each_strategy_lists_its_own(pair_stage: PairStage) -> None:
    pair_stage.spec()
    assert schema(forms.migration("blue_green"))["enum"] == ["trial"]
    assert "enum" not in schema(forms.migration("online"))
    begin(pair_stage.journal, "bg.1", "window", strategy="blue_green", title="To 18")
    begin(pair_stage.journal, "leads.1", "window")
    assert schema(forms.run("blue_green"))["enum"] == ["bg.1"]
    assert schema(pair_stage.load("rollback_blue_green").params.get_param("run"))["enum"] == ["bg.1"]
    assert set(schema(pair_stage.load("finalize").params.get_param("run"))["enum"]) == {"bg.1", "leads.1"}


def test_nothing_is_chosen_beforehand(stage: Stage) -> None:
    stage.spec()
    assert not forms.migration("online").has_value
    assert not forms.run("online").has_value


def test_a_migration_that_is_not_listed_is_refused_by_the_form(stage: Stage) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    stage.spec()
    with pytest.raises(ParamValidationError):
        forms.migration("online").resolve("nonsense")


def test_runs_are_listed_newest_first_with_titles(stage: Stage) -> None:
    begin(stage.journal, "leads.1", "window", title="Leads one")
    begin(stage.journal, "leads.2", "filling", title="Leads two")
    begin(stage.journal, "leads.3", "rolled_back")
    begin(stage.journal, "leads.4", "finalized")
    begin(stage.journal, "bg.1", "window", strategy="blue_green")
    found = schema(forms.run("online"))
    assert found["enum"] == ["leads.2", "leads.1"]
    label = found["values_display"]["leads.2"]
    assert label.startswith("Leads two: filling; started ") and label.endswith("by olga (leads.2)")


def test_an_open_window_shows_until_when(stage: Stage) -> None:
    from datetime import timedelta

    begin(stage.journal, "leads.1", "watching")
    stage.journal.mark_swapped("leads.1", timedelta(hours=1))
    stage.journal.set_state("leads.1", "window")
    assert "way back until" in schema(forms.run("online"))["values_display"]["leads.1"]


def test_a_run_that_is_younger_than_the_list_is_accepted(stage: Stage) -> None:
    begin(stage.journal, "leads.1", "window")
    assert forms.run("online").resolve("leads.2") == "leads.2"


def test_no_run_at_all_is_not_accepted(stage: Stage) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    begin(stage.journal, "leads.1", "window")
    for wrong in ("", None, 7):
        with pytest.raises(ParamValidationError):
            forms.run("online").resolve(wrong)


def test_the_same_holds_on_the_server_side(stage: Stage) -> None:
    """The API server validates what the serialized DAG says, not the object made here."""
    from airflow.serialization.serialized_objects import DagSerialization

    begin(stage.journal, "leads.1", "window")
    dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(stage.load("rollback_online")))
    assert dag.params.get_param("run").schema["enum"] == ["leads.1"]
    dag.params.deep_merge({"run": "leads.2", "reason": None}).validate()


def test_a_journal_that_does_not_answer_costs_two_seconds_and_no_dag(
    stage: Stage, make_connection: Connections
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        info = dataclasses.replace(stage.journal.info, port=silent.getsockname()[1])
        make_connection("cutover_journal", info)
        began = time.monotonic()
        found = schema(forms.run("online"))
        assert time.monotonic() - began < 4
    assert "enum" not in found and "Type the id" in found["description_md"]


def test_a_wrong_password_is_told_without_the_password(stage: Stage, make_connection: Connections) -> None:
    make_connection("cutover_journal", dataclasses.replace(stage.journal.info, password="quite-wrong-and-secret"))
    text = schema(forms.run("online"))["description_md"]
    assert "password authentication failed" in text and "quite-wrong" not in text


def test_without_a_connection_the_form_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_JOURNAL")
    assert "cutover_journal" in schema(forms.run("online"))["description_md"]


def test_before_the_first_run_there_is_no_journal_and_no_error(
    stage: Stage, make_connection: Connections, database16: ConnectionInfo
) -> None:
    make_connection("cutover_journal", database16)
    assert "No run can be taken back" in schema(forms.run("online"))["description_md"]


def test_a_worker_binds_a_run_that_is_under_way_to_no_list(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a spec that is renamed while its run is on would fail every later task, the rollback's too."""
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "online")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "swap")
    assert forms.migration("online").resolve("gone_by_now") == "gone_by_now"
    assert forms.run("online").resolve("leads.1") == "leads.1"
    assert "enum" not in schema(forms.migration("online")) and "enum" not in schema(forms.run("online"))
