"""The health check as a DAG: green where all is well, red and named where something is down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from localstack.ports import free_port
from support.connections import Connections
from support.dag_runs import run_dag

pytestmark = pytest.mark.dags
SPEC = {
    "name": "leads",
    "title": "Leads",
    "strategy": "online",
    "owner": "tests",
    "source": "shop",
    "tables": [{"name": "leads", "columns": {"a": "1"}}],
}


def test_green_and_red(
    tmp_path: Path,
    database: ConnectionInfo,
    journal: Journal,
    make_connection: Connections,
    load_dag: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "leads").mkdir()
    (tmp_path / "leads" / "migration.yaml").write_text(yaml.safe_dump(SPEC))
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    make_connection("cutover_journal", journal.info)
    make_connection("shop", database)
    assert run_dag(load_dag("health_check"), {})["run"] == "success"
    make_connection("shop", replace(database, port=free_port()))
    assert run_dag(load_dag("health_check"), {})["run"] == "failed"
