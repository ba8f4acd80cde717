"""The initial copy: every row of one snapshot, whatever its type, size and number."""

from __future__ import annotations

from cutover.postgres.blue_green import remove
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.steps.build import build
from cutover.postgres.blue_green.steps.copy import copy
from support.pair_world import PairWorld

TABLES = (
    "customers",
    "orders",
    "payments",
    '"Odd Place"."A ""table"""',
)


def test_everything_is_copied(any_pair: PairWorld) -> None:
    ctx = any_pair.begin()
    build(ctx)

    figures = copy(ctx)

    assert figures["rows"] == 300 + 5000 + 2000 + 50
    assert [any_pair.differing(table) for table in TABLES] == [[], [], [], []]
    assert copy(ctx) == figures
    remove.everything(ctx, Ends.of(ctx))
    assert any_pair.leftovers() == []
