"""Airflow for these tests: a metadata database of its own, DAGs parsed anew, and a world to migrate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cutover.connections import ConnectionInfo
from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from localstack.slack_state import SlackState
from support.connections import Connections
from support.dag_runs import DAGS, Stage
from support.pair_runs import PairStage
from support.slack_bot import slack_bot

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from cutover.journal.store import Journal


@pytest.fixture(scope="session")
def metadata_db() -> None:
    """Airflow's own tables, in the file that this process' AIRFLOW_HOME holds."""
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture
def load_dag(metadata_db: None) -> Callable[[str], DAG]:
    """Parse a DAG file anew: ``dag.test()`` leaves its conf in the DAG's params."""
    from airflow.dag_processing.dagbag import DagBag

    def load(name: str) -> Any:
        bag = DagBag(str(DAGS / f"{name}.py"))
        assert not bag.import_errors, bag.import_errors
        return bag.dags[name]

    return load


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackState]:
    """A recording endpoint that stands in for Slack."""
    with slack_bot(monkeypatch) as (state, _):
        yield state


@pytest.fixture
def pair_stage(
    tmp_path: Path,
    pg16: Cluster,
    pg18: Cluster,
    journal: Journal,
    make_connection: Connections,
    load_dag: Callable[[str], DAG],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PairStage]:
    """Two databases to migrate between, 16 and 18, with a pooler before them."""
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))
    stage = PairStage(tmp_path, pg16, pg18, journal, load_dag)
    stage.connect(make_connection)
    yield stage
    stage.close()


@pytest.fixture
def stage(
    tmp_path: Path,
    database: ConnectionInfo,
    journal: Journal,
    make_connection: Connections,
    load_dag: Callable[[str], DAG],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    """A database to migrate, a spec, a journal, and the connections that lead there."""
    make_connection("shop", database)
    make_connection("cutover_journal", journal.info)
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    yield Stage(tmp_path, database, journal, load_dag)
