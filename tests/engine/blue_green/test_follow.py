"""From the copy to following: indexes, constraints, the fence, and what is written meanwhile."""

from __future__ import annotations

from cutover.postgres.blue_green import remove
from cutover.postgres.blue_green.ends import Ends
from support.pair_world import PairWorld, caught_up, forward

TABLES = ("customers", "orders", "payments", '"Odd Place"."A ""table"""')


def test_green_follows(any_pair: PairWorld) -> None:
    ctx = any_pair.begin()

    forward(ctx)
    any_pair.blue("UPDATE orders SET note = NULL, status = 'DONE' WHERE id % 3 = 0")
    any_pair.blue("DELETE FROM payments WHERE id % 10 = 0")
    any_pair.blue("UPDATE payments SET at = at + 20 WHERE id % 10 = 1")
    any_pair.blue("INSERT INTO customers (name, email, moods) VALUES ('late', 'late', '{glad}')")
    caught_up(ctx)

    assert [any_pair.differing(table) for table in TABLES] == [[], [], [], []]
    assert any_pair.green("SELECT n FROM statuses") == any_pair.blue("SELECT n FROM statuses")
    remove.everything(ctx, Ends.of(ctx))
    assert any_pair.leftovers() == []
