"""What is said to those who want both databases writable."""

from __future__ import annotations

import pytest

from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from support.pair_preflighting import Asked, MakePair

pytestmark = pytest.mark.timeout(180)
WANTED = {"replication": {"both_ways": True}}


def test_the_rule_of_one_writer_is_said_to_those_who_ask(asked: Asked) -> None:
    assert asked.of("BG077") == []
    found = asked.one("BG077", **WANTED)
    assert found.severity == "warning" and "no row may have two writers" in found.message


def test_a_server_that_sends_everything_back_cannot(
    make_pair: MakePair, pg15: Cluster, pg18: Cluster, pooler: PgBouncer
) -> None:
    asked = Asked(make_pair(pg15, pg18, load=False), pooler)
    assert [finding.severity for finding in asked.of("BG077", **WANTED)] == ["error", "warning"]
