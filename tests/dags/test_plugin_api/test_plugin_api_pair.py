"""Two databases and their router, as the page of a run shows them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cutover.context import RunContext
from cutover.flags import FlagClient
from cutover.journal.store import Journal
from cutover.postgres.blue_green.steps.sample import sample
from localstack.cluster import Cluster
from localstack.ports import free_port
from support.connections import Connections
from support.flag_link import FlagLink
from support.making import flag_links
from support.pair_hand import link, plain, unlink
from support.pair_runs import PairStage
from support.plugin_api import Client

pytestmark = pytest.mark.dags


@pytest.fixture(autouse=True)
def always_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look of another test, nor of a second ago, is remembered."""
    from cutover.api import sides, status

    monkeypatch.setattr(status, "glances", sides.Glances())
    monkeypatch.setattr(sides, "FRESH_SECONDS", 0.0)


@pytest.fixture
def linked(pair_stage: PairStage) -> Iterator[tuple[PairStage, RunContext]]:
    """A run whose green follows."""
    pair = pair_stage.pair
    pair.both("CREATE TABLE t (id int PRIMARY KEY, v text)")
    ctx = pair.begin(pair_stage.spec())
    ends = link(pair, ctx, [plain("t", "id", "v")])
    yield pair_stage, ctx
    unlink(ends)


def path(ctx: RunContext, what: str) -> str:
    return f"/cutover/runs/{ctx.run_id}/{what}"


def test_which_side_is_live_and_where_clients_are_led(viewer: Client, linked: tuple[PairStage, RunContext]) -> None:
    stage, ctx = linked
    with stage.pooled() as client:
        client.execute("SELECT 1")
        seen = viewer.json(path(ctx, "status"))
    assert seen["tables"] is None and seen["problem"] is None and seen["looked_at"]
    sides = seen["sides"]
    assert (sides["live"], sides["phase"]) == ("blue", "following")
    assert (sides["blue"]["live"], sides["blue"]["fence"]) == (True, False)
    assert (sides["green"]["live"], sides["green"]["fence"]) == (False, True)
    assert sides["router"] == {"leads_to": "blue", "paused": False, "clients": 1, "problem": None}


@pytest.fixture
def flagged(
    tmp_path: Path, pg16: Cluster, pg18: Cluster, journal: Journal, make_connection: Connections
) -> Iterator[FlagLink]:
    """A run between two databases whose applications follow a flag."""
    with flag_links(tmp_path, journal, make_connection) as make:
        yield make(pg16, pg18)


def test_where_a_flag_leads_clients_the_flag_is_shown(viewer: Client, flagged: FlagLink) -> None:
    with FlagClient(flagged.store, flagged.name, application="shop"):
        seen = viewer.json(path(flagged.ctx, "status"))
    assert seen["problem"] is None and seen["tables"] is None
    assert (seen["flag"]["mode"], seen["flag"]["read_new"], seen["flag"]["instances"]) == (
        "dual_write_read_new",
        100,
        1,
    )
    assert (seen["sides"]["live"], seen["sides"]["green"]["fence"]) == ("blue", True)
    assert seen["sides"]["router"]["leads_to"] == "blue"


def test_a_side_that_is_away_hides_no_other_and_tells_no_address(
    viewer: Client, linked: tuple[PairStage, RunContext], make_connection: Connections
) -> None:
    stage, ctx = linked
    port = free_port()
    make_connection("shop_green", dataclasses.replace(stage.pair.green_info, port=port, password="hush-hush"))
    response = viewer.get(path(ctx, "status"))
    assert response.status_code == 200
    sides = response.json()["sides"]
    assert sides["green"]["problem"] == "cannot be asked just now" and sides["blue"]["live"]
    assert not any(secret in response.text for secret in (str(port), "127.0.0.1", "hush-hush"))
    make_connection("shop_green", stage.pair.green_info)


def test_lag_over_time(viewer: Client, linked: tuple[PairStage, RunContext]) -> None:
    _, ctx = linked
    assert viewer.json(path(ctx, "samples")) == {"series": {}}
    for _ in range(3):
        sample(ctx, patience=20)
    ((name, samples),) = viewer.json(path(ctx, "samples"))["series"].items()
    assert name == "lag blue -> green" and len(samples) == 3
    assert [one["at"] for one in samples] == sorted(one["at"] for one in samples)
    assert all(one["arrived"] and one["seconds"] > 0 and one["bytes"] is not None for one in samples)
    assert len(viewer.json(path(ctx, "samples?limit=2"))["series"][name]) == 2
    assert viewer.get(path(ctx, "samples?limit=0")).status_code == 422


def test_samples_are_for_those_who_may_see_the_run(
    client: Any, linked: tuple[PairStage, RunContext], journal: Journal
) -> None:
    _, ctx = linked
    assert client(None).get(path(ctx, "samples")).status_code == 401
    assert client("VIEWER").get("/cutover/runs/nobody.1/samples").status_code == 404


def test_the_overview_shows_the_lag_as_progress(viewer: Client, linked: tuple[PairStage, RunContext]) -> None:
    _, ctx = linked
    sample(ctx, patience=20)
    (progress,) = viewer.json(path(ctx, "overview"))["progress"]
    assert (progress["step"], progress["item"], progress["total"]) == ("lag", "blue -> green", 1000)
