"""The example ``shop_flags``, on the demo's shop: 16 -> 18, there and back, as it is shipped but for its waiting."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.flags import FlagClient, FlagStore, Mode
from cutover.journal.store import Journal
from cutover.postgres import dual_pair
from cutover.postgres.plan import plan_document
from cutover.spec import loader
from cutover_demo import shop
from localstack.cluster import Cluster
from localstack.places import ROOT
from support.shops import drop_roles

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]
NAME, STORE = "shop_flags", "shop_flags_store"


@pytest.fixture
def places(pg16: Cluster, pg18: Cluster) -> Iterator[dict[str, ConnectionInfo]]:
    """The shop on 16, an empty database on 18, and one for the flag."""
    infos = {
        "shop": pg16.create_database(NAME),
        "shop_green": pg18.create_database(NAME),
        STORE: pg18.create_database(STORE),
    }
    for cluster in (pg16, pg18):
        with contextlib.closing(cluster.connect()) as db:
            shop.roles(db, db.info.user)
    with psycopg.connect(infos["shop"].conninfo(), autocommit=True) as db:
        shop.prepare(db, db.info.user)
        shop.load(db, 2000)
    yield {conn_id: dataclasses.replace(info, conn_id=conn_id) for conn_id, info in infos.items()}
    for cluster in (pg16, pg18):
        cluster.drop_subscriptions(NAME)
    for cluster in (pg16, pg18):
        for name in (NAME, STORE):
            cluster.drop_database(name)
        drop_roles(cluster)


@pytest.fixture
def ctx(tmp_path: Path, places: dict[str, ConnectionInfo], journal: Journal) -> RunContext:
    folder = tmp_path / NAME
    shutil.copytree(ROOT / "include" / "migrations" / NAME, folder)
    body = yaml.safe_load((folder / "migration.yaml").read_text())
    body["reads"]["hold"] = "0s"
    body["watch"]["duration"] = "1s"
    body["rollback"]["old_database"] = "keep"
    (folder / "migration.yaml").write_text(yaml.safe_dump(body))
    spec = loader.load(folder)
    run_id = f"{NAME}.1"
    journal.begin_run(run_id, migration=NAME, strategy="dual_write", database="x", title="x", spec=spec.snapshot())
    return RunContext(run_id, spec, journal, places.__getitem__, logging.getLogger("cutover"))


def passed(checks: list[dict[str, Any]]) -> None:
    """A small shop has empty tables, of which there are warnings."""
    wrong = [check for check in checks if not check["ok"] and check["severity"] == "error"]
    assert checks and wrong == []


def test_the_shipped_example(ctx: RunContext, places: dict[str, ConnectionInfo]) -> None:
    FlagStore(places[STORE]).create(NAME)
    with FlagClient(places[STORE], NAME, application="shop") as flags:
        findings = dual_pair.preflight(ctx)
        plan = plan_document(ctx, findings).markdown
        assert "strategy `dual_write`" in plan and "at least 1 instances follow it" in plan
        assert "1 %, 10 %, 50 %, 100 % of the reads are answered by green" in plan
        assert "rollback_dual_write" in plan and "pooler" not in plan.lower()
        for step in (dual_pair.build, dual_pair.write_both, dual_pair.backfill):
            step(ctx)  # type: ignore[operator]
        passed(dual_pair.verify(ctx))
        for share in (0, *ctx.spec.reads.steps):
            assert dual_pair.move_reads(ctx, share)["share"] == share
        done = dual_pair.new_only(ctx)
        assert done["exact"]["row_diff"] == 0
        with flags.use() as use:
            assert use.side == "new" and use.reads_new(1)
        with psycopg.connect(places["shop_green"].conninfo(), autocommit=True) as db:
            db.execute("UPDATE shop.customers SET email = 'new@example.org' WHERE id = 1")
        passed(dual_pair.watch(ctx))
        back = dual_pair.roll_back(ctx)
        assert (back["was_swapped"], back["row_diff"]) == (True, 0)
    with psycopg.connect(places["shop"].conninfo(), autocommit=True) as db:
        assert db.execute("SELECT email FROM shop.customers WHERE id = 1").fetchall() == [("new@example.org",)]
    assert FlagStore(places[STORE]).get(NAME).mode is Mode.OLD_ONLY
