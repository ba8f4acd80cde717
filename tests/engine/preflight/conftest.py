"""The shop of :mod:`support.preflighting` on both server versions."""

from __future__ import annotations

import pytest

from support.preflighting import SHOP, Place


@pytest.fixture(params=[16, 18])
def place(request: pytest.FixtureRequest) -> Place:
    """A fresh database with the shop, on PostgreSQL 16 and on 18."""
    info = request.getfixturevalue("database16" if request.param == 16 else "database")
    found = Place(info, request.param)
    found.sql(SHOP)
    return found
