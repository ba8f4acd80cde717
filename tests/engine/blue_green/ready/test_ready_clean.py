"""A pair with nothing against it; and what is said of the router, green and the journal."""

from __future__ import annotations

import dataclasses

import pytest

from cutover.connections import ConnectionInfo
from cutover.postgres.blue_green.steps import ready
from support.pair_preflighting import Asked, codes

pytestmark = pytest.mark.timeout(180)


def test_nothing_stands_in_the_way_of_a_clean_pair(asked: Asked) -> None:
    found = asked.findings()
    assert codes(found, "error") == set(), found
    assert codes(found, "warning") == set(), found
    left = asked.world.green("SELECT datname FROM pg_database WHERE datname LIKE 'cutover_preflight%'")
    assert left == []
    assert asked.world.leftovers() == []
