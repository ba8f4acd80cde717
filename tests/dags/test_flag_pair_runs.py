"""Whole runs of double writing between two databases, and of the way back, with instances that follow the flag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cutover.flags import Mode
from cutover.journal.store import Journal
from localstack.cluster import Cluster
from localstack.databases import ensure_role
from localstack.pgbinaries import bin_folder
from support.connections import Connections
from support.dag_runs import run_dag
from support.flag_link import FlagClients, FlagLink
from support.pair_link import APP, PASSWORD

pytestmark = [pytest.mark.dags, pytest.mark.slow]
READS = {"shadow": 100, "steps": [10, 100], "hold": "1s"}


@pytest.fixture
def link(
    tmp_path: Path,
    pg16: Cluster,
    pg18: Cluster,
    journal: Journal,
    make_connection: Connections,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[FlagLink]:
    """Blue with rows, an empty green, a store, and a migration."""
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))
    for cluster in (pg16, pg18):
        ensure_role(cluster, APP, PASSWORD)
    made = FlagLink(pg16, pg18, "flag_stage", journal)
    flags = {"store": "link_flags", "instances": 2}
    made.make(tmp_path / "flag_stage", make_connection, linked=False, reads=READS, flags=flags)
    journal.set_state(made.ctx.run_id, "aborted")
    yield made
    made.drop()


def test_there_and_back(link: FlagLink, load_dag: Callable[[str], Any]) -> None:
    def run(dag_id: str, **conf: Any) -> dict[str, str]:
        return run_dag(load_dag(dag_id), conf)

    def latest() -> Any:
        return link.journal.latest_run(link.name)

    with FlagClients(link) as clients:
        there = run("dual_write", migration=link.name)
        assert there["run"] == "success", there
        first = latest()
        assert first.state == "window" and link.leads_to() == "green"
        shares = [s.detail["share"] for s in link.journal.steps(first.run_id) if "share" in (s.detail or {})]
        assert shares == [0, 10, 100]
        assert {"lag blue -> green"} <= {sample.series for sample in link.journal.samples(first.run_id)}
        plan = link.journal.document(first.run_id, "plan.md").text
        assert "10 %, 100 % of the reads are answered by green" in plan
        clients.await_commits(20)
        kept = run("keep_in_step")
        assert kept["run"] == "success", kept
        back = run("rollback_dual_write", run=first.run_id, reason="to see that it works")
        assert back["run"] == "success", back
        assert latest().state == "rolled_back" and link.flag().mode is Mode.OLD_ONLY
        assert link.leftovers("blue") == [] and link.leftovers("green") == []
        clients.await_commits(20)
    clients.check(link, "blue")
