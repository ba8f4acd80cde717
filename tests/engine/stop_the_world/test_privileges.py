"""The least-privilege role of ``include/sql/roles/stop_the_world.sql`` is enough for everything, there and back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from cutover.postgres import last_resort, stop_the_world
from cutover.postgres.stop_the_world.errors import PreflightFailed
from cutover.postgres.stop_the_world.role_sql import least_privileges
from localstack.cluster import Cluster
from support.connections import Connections
from support.making import MakeStage
from support.pair_link import Clients
from support.window_stage import Stage

pytestmark = pytest.mark.timeout(200)
ROLE, OWNER, PASSWORD = "window_hand", "window_keeper", "a secret of the tests"
OWN = ["TABLE account", "TABLE entry", "SEQUENCE downwards", "SEQUENCE untouched"]


MakeHumble = Callable[[bool], Stage]


@pytest.fixture
def humble(make_stage: MakeStage, make_connection: Connections, pg16: Cluster, pg18: Cluster) -> Iterator[MakeHumble]:
    """Return ``humble(across)``: a stage whose connections log in as the least-privilege role."""
    used: list[Stage] = []

    def make(across: bool) -> Stage:
        stage = make_stage(pg16, pg18) if across else make_stage(pg18, None)
        used.append(stage)
        for cluster, makes in ((stage.blue, not across), *([(stage.green, True)] if across else [])):
            dbname = stage.dbname if cluster is stage.blue else "postgres"
            with contextlib.closing(cluster.connect(dbname)) as db:
                for _ in range(2):  # any number of times
                    db.execute(least_privileges(ROLE, stage.dbname, OWNER, makes_databases=makes).encode())
                db.execute(f"ALTER ROLE {ROLE} PASSWORD '{PASSWORD}'")
        for what in OWN:
            stage.sql("blue", f"ALTER {what} OWNER TO {OWNER}")
        stage.sql("blue", f"ALTER DATABASE {stage.dbname} OWNER TO {OWNER}")
        for side in ("link_blue", "link_green"):
            info = stage.info("blue" if side == "link_blue" else "green")
            make_connection(side, replace(info, user=ROLE, password=PASSWORD))
        return stage

    yield make
    for stage in used:
        stage.drop()
        for cluster in {id(each): each for each in (stage.blue, stage.green)}.values():
            with contextlib.closing(cluster.connect()) as db:
                for role in (ROLE, OWNER):
                    db.execute(f"DROP OWNED BY {role}")
                    db.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize("across", [True, False])
def test_the_role_is_enough(humble: MakeHumble, across: bool) -> None:
    stage = humble(across)
    before = stage.fingerprint()
    errors = [finding for finding in _preflight(stage) if finding.severity == "error"]
    assert errors == []
    with Clients(stage) as clients, contextlib.closing(stage.direct()) as stray:
        stray.execute("BEGIN; INSERT INTO account (owner, balance) VALUES ('stray', 0)")
        stage.forward()
        clients.await_commits(10)
    assert clients.failed == []
    assert stop_the_world.status(stage.ctx)["doors"] == "open"
    stage.back(accept_loss=True)
    assert stage.fingerprint()["columns"] == before["columns"]
    assert stage.fingerprint()["owner"] == before["owner"]
    assert stage.left() == []
    stage.again()
    stage.forward()
    stop_the_world.finalize(stage.ctx)
    assert [left for left in stage.left() if not left.startswith("blue:")] == []


def test_the_role_is_enough_for_the_last_resort(humble: MakeHumble) -> None:
    stage = humble(False)
    before = stage.fingerprint()
    point = str(last_resort.back_up(stage.ctx, stage.vault)["point"])
    stage.forward()
    stage.sql("blue", "INSERT INTO account (owner, balance) VALUES ('late', 0)")
    found = last_resort.look(stage.ctx, point, stage.vault)
    assert found["tables"]["public.account"]["new"] == 1
    last_resort.restore(stage.ctx, point, stage.vault, accept_loss=True)
    assert stage.fingerprint() == before
    assert stage.left() == []


def _preflight(stage: Stage) -> list:  # type: ignore[type-arg]
    try:
        return stop_the_world.preflight(stage.ctx)
    except PreflightFailed as error:
        raise AssertionError(str(error)) from error


def test_what_is_missing_is_named_before(humble: MakeHumble) -> None:
    stage = humble(False)
    stage.sql("blue", f"REVOKE pg_signal_backend FROM {ROLE}; ALTER ROLE {ROLE} NOCREATEDB")
    with pytest.raises(PreflightFailed) as refused:
        stop_the_world.preflight(stage.ctx)
    assert "[SW001]" in str(refused.value) and "[SW004]" in str(refused.value)
