"""What is said of the router, and of the archive for the old database."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from cutover.connections import ConnectionInfo
from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from support.pair_preflighting import Asked, MakePair

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def asked(make_pair: MakePair, pg16: Cluster, pg18: Cluster, pooler: PgBouncer) -> Asked:
    return Asked(make_pair(pg16, pg18, load=False), pooler)


def test_a_router_that_does_not_answer(asked: Asked) -> None:
    asked.world.infos["shop_pooler"] = replace(asked.world.infos["shop_pooler"], port=9)
    found = asked.one("BG052")
    assert found.severity == "error" and "Connection refused" in found.message
    assert {f.code for f in asked.findings() if f.object.startswith("router")} == {"BG052"}


def test_a_router_whose_connection_says_too_little(asked: Asked) -> None:
    asked.world.infos["shop_pooler"] = replace(asked.world.infos["shop_pooler"], settings={})
    found = asked.one("BG052")
    assert "does not say which database and config_file" in found.message and "config_file" in (found.fix or "")


def test_a_router_that_is_paused_already(asked: Asked, pooler: PgBouncer) -> None:
    with contextlib.closing(pooler.admin()) as console:
        console.execute("PAUSE shop")
        try:
            found = asked.one("BG052")
            assert "is paused" in found.message and (found.fix or "").startswith("RESUME shop;")
        finally:
            console.execute("RESUME shop")


def test_a_router_that_leads_elsewhere(asked: Asked) -> None:
    asked.lead(asked.world.green_info)
    found = asked.one("BG053")
    assert found.severity == "error"
    assert f":{asked.world.green_info.port}/{asked.world.green_info.dbname}, not to blue" in found.message


def test_a_router_that_finds_blue_under_another_name(asked: Asked) -> None:
    blue = asked.world.blue_info
    asked.lead(replace(blue, host="localhost"))
    assert asked.one("BG053").severity == "error"
    asked.world.infos["shop"] = replace(blue, settings={"router_host": "localhost"})
    assert asked.of("BG053") == []


def test_a_configuration_that_cannot_be_changed(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anywhere, so what the operating system would say is said for it."""
    from cutover.postgres.preflight_pair import router

    monkeypatch.setattr(router.os, "access", lambda *_: False)
    found = asked.one("BG054")
    assert found.severity == "error" and "cannot be written to" in found.message


def test_a_configuration_without_the_entry(asked: Asked) -> None:
    console = asked.world.infos["shop_pooler"]
    asked.world.infos["shop_pooler"] = replace(console, settings={**console.settings, "config_file": "/nowhere.ini"})
    found = asked.one("BG054")
    assert found.severity == "error" and "/nowhere.ini" in found.message


def test_pool_modes_and_prepared_statements(asked: Asked) -> None:
    from cutover.postgres.preflight_pair import judge

    pair = asked.facts()
    assert pair.router.pool_mode == "transaction" and pair.router.version
    for facts, severity, words in (
        ({"pool_mode": "session"}, "error", "until every client has disconnected"),
        ({"version": (1, 18, 0), "version_text": "PgBouncer 1.18.0"}, "info", "knows no prepared statements"),
        ({"version": (1, 24, 1)}, "info", "max_prepared_statements is 0"),
    ):
        found = [f for f in judge(replace(pair, router=replace(pair.router, **facts))) if f.code == "BG055"]
        assert [f.severity for f in found] == [severity] and words in found[0].message
    fine = replace(pair.router, version=(1, 24, 1), prepared_statements=200)
    assert [f for f in judge(replace(pair, router=fine)) if f.code == "BG055"] == []


def test_the_archive_is_there_when_it_is_needed(asked: Asked) -> None:
    assert asked.of("BG056") == []
    assert asked.one("BG056", rollback={"old_database": "drop"}).severity == "warning"
    del asked.world.infos["cutover_s3"]
    found = asked.one("BG056")
    assert found.severity == "error" and found.object == "connection cutover_s3"
    assert asked.of("BG056", rollback={"old_database": "keep"}) == []
    asked.world.infos["vault"] = ConnectionInfo("vault")
    assert asked.of("BG056", rollback={"archive": "vault"}) == []
