"""The list of rollback points in a trigger form: what the journal knows, and no reason for a DAG to be missing."""

from __future__ import annotations

import dataclasses
import socket
import time
from typing import Any

import pytest

from cutover.journal.store import Journal
from cutover.operators import forms
from support.connections import Connections
from support.dag_runs import Stage

pytestmark = pytest.mark.dags


@pytest.fixture(autouse=True)
def fresh() -> None:
    forms._cache.clear()


def begin(journal: Journal, run_id: str, strategy: str = "stop_the_world") -> None:
    journal.begin_run(run_id, migration="ledger", strategy=strategy, title="The ledger", database=run_id, spec={})


def taken(journal: Journal, run_id: str, name: str, at: str = "2026-11-21T02:14:07+00:00", **more: Any) -> None:
    """What :mod:`cutover.postgres.backup.telling` writes down."""
    told = {"point": name, "database": "shop", "taken_at": at, "bytes": 3 << 30, "kind": "full", "note": "", **more}
    journal.event(run_id, "backup", f"rollback point {name}", data={"restore_seconds": 251.0, **told})


def schema(strategy: str | None = "stop_the_world") -> dict[str, Any]:
    forms._cache.clear()
    return dict(forms.rollback_point(strategy).schema)


def test_points_are_listed_newest_first_with_size_and_time_to_restore(stage: Stage) -> None:
    begin(stage.journal, "ledger.1")
    taken(stage.journal, "ledger.1", "points/shop/a")
    taken(stage.journal, "ledger.1", "points/shop/b", note="before going back", restore_seconds=None, bytes=812)
    found = schema()
    assert found["enum"] == [None, "points/shop/b", "points/shop/a"]
    assert found["values_display"] == {
        "None": "none: the strategy's own way back",
        "points/shop/a": "2026-11-21 02:14:07 UTC, shop: 3.0 GB, restored in 4 min 11 s; The ledger (ledger.1)",
        "points/shop/b": "2026-11-21 02:14:07 UTC, shop: 812 bytes, not restored yet, before going back;"
        " The ledger (ledger.1)",
    }


def test_points_of_another_strategy_and_retired_ones_are_not(stage: Stage) -> None:
    begin(stage.journal, "ledger.1")
    begin(stage.journal, "orders.1", "online")
    for run_id, name in (("ledger.1", "a"), ("ledger.1", "b"), ("orders.1", "c")):
        taken(stage.journal, run_id, name)
    stage.journal.event("ledger.1", "backup_retired", "gone", data={"point": "a"})
    stage.journal.event("ledger.1", "backup", "said by an older release")
    assert schema()["enum"] == [None, "b"]
    assert schema(None)["enum"] == [None, "c", "b"]


def test_any_name_and_none_are_accepted(stage: Stage) -> None:
    """A point that is younger than the list, or a backup that belongs to no run, must not be refused by a form."""
    from airflow.sdk.exceptions import ParamValidationError

    begin(stage.journal, "ledger.1")
    taken(stage.journal, "ledger.1", "a")
    for value in ("a", "backups/shop/manual-20261120T020000Z", None):
        assert forms.rollback_point("stop_the_world").resolve(value) == value
    assert forms.rollback_point("stop_the_world").value is None
    for wrong in ("", 7):
        with pytest.raises(ParamValidationError):
            forms.rollback_point("stop_the_world").resolve(wrong)


def test_without_points_the_field_says_so(stage: Stage) -> None:
    found = schema()
    assert "enum" not in found and "No run has taken one yet" in found["description_md"]


def test_a_silent_journal_keeps_two_fields_waiting_once(stage: Stage, make_connection: Connections) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        make_connection("cutover_journal", dataclasses.replace(stage.journal.info, port=silent.getsockname()[1]))
        began = time.monotonic()
        run, point = forms.run("stop_the_world"), forms.rollback_point("stop_the_world")
        assert time.monotonic() - began < 4
    assert "Type the id" in run.schema["description_md"] and "cannot be shown" in point.schema["description_md"]


def test_a_worker_is_bound_to_no_list(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(stage.journal, "ledger.1")
    taken(stage.journal, "ledger.1", "a")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "rollback_stop_the_world")
    assert "enum" not in schema()


def test_the_server_validates_it_as_well(stage: Stage) -> None:
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import DagSerialization

    begin(stage.journal, "ledger.1")
    taken(stage.journal, "ledger.1", "a")
    made = DAG("trial_form", schedule=None, params={"point": forms.rollback_point("stop_the_world")})
    dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(made))
    assert dag.params.get_param("point").schema["enum"] == [None, "a"]
    for value in ("a", "b", None):
        dag.params.deep_merge({"point": value}).validate()
