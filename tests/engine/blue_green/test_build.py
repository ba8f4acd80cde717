"""Building green: from blue's schema and the migration's SQL, on an empty database or one that is made."""

from __future__ import annotations

from cutover.postgres.blue_green import remove
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.steps.build import build
from support.pair_world import PairWorld


def test_green_is_built_and_taken_away_again(any_pair: PairWorld) -> None:
    ctx = any_pair.begin()

    figures = build(ctx)

    assert figures == build(ctx)  # again: nothing happens
    assert (figures["tables"], figures["followed"]) == (6, 6)
    assert any_pair.green("SELECT count(*) FROM orders")[0][0] == 0
    done = remove.everything(ctx, Ends.of(ctx))
    assert any_pair.leftovers() == [], done
    assert any_pair.green("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")[0][0] == 0
