"""A capture that somebody has switched off for a while: neither way loses what was written then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres import online
from cutover.postgres.online.steps.roll_back import RowsDiffer, WouldLose
from support.online_world import World, forward

Begin = Callable[..., RunContext]
UNSEEN = "INSERT INTO items VALUES (2000, 2000, 'nobody has seen it')"


@pytest.fixture
def live(world: World, begin: Begin) -> RunContext:
    """A run that has cut over."""
    ctx = begin()
    forward(ctx)
    online.swap(ctx)
    online.settle(ctx)
    return ctx


def switched_off_meanwhile(world: World) -> None:
    """What a bulk load does that is in a hurry, and a hasty mending of it: triggers are on again, rows are unseen."""
    world.sql("ALTER TABLE items DISABLE TRIGGER ALL")
    world.sql(UNSEEN)
    world.sql("ALTER TABLE items ENABLE TRIGGER ALL")


def test_nothing_is_swapped_while_capture_is_off(world: World, begin: Begin) -> None:
    ctx = begin()
    forward(ctx)
    world.sql("ALTER TABLE items DISABLE TRIGGER cutover_capture_update")
    with pytest.raises(CutoverError, match=r"\[ONL050\] public\.items: capture triggers are missing or disabled"):
        online.swap(ctx)
    assert online.status(ctx)["tables"][0]["live"] == "original"
    online.roll_back(ctx)
    assert world.leftovers() == []


def test_a_capture_that_is_off_is_named_before_anything_is_changed(world: World, live: RunContext) -> None:
    world.sql("ALTER TABLE items DISABLE TRIGGER ALL")
    assert [check["ok"] for check in online.watch(live) if check["code"] == "CAPTURE_ON"] == [False]
    with pytest.raises(WouldLose, match=r"public\.items: capture triggers are missing or disabled") as refused:
        online.roll_back(live)
    assert online.status(live)["tables"][0]["live"] == "shadow", "nothing has changed"
    world.sql(str(refused.value.fix).partition(";")[0])
    assert [check["ok"] for check in online.watch(live) if check["code"] == "CAPTURE_ON"] == [True]
    assert online.roll_back(live)["row_diff"] == 0
    assert world.leftovers() == []


def test_rows_that_were_never_captured_are_named_and_kept_until_somebody_has_mended_them(
    world: World, live: RunContext
) -> None:
    switched_off_meanwhile(world)
    for _ in range(2):  # Airflow tries again; nothing is removed then, either
        with pytest.raises(
            RowsDiffer, match=r"public\.items: 1 rows, the first with the keys \{'id': '2000'\}"
        ) as told:
            online.roll_back(live)
        assert online.status(live)["tables"][0]["live"] == "original"
    kept = str(told.value.fix).partition("what was live is ")[2].partition(". Mend")[0]
    assert world.sql(f"SELECT id, n, v FROM {kept} WHERE id = 2000") == [(2000, 2000, "nobody has seen it")]
    world.sql(f"INSERT INTO items SELECT id, n, v FROM {kept} WHERE id = 2000")
    assert online.roll_back(live)["row_diff"] == 0
    assert world.one("SELECT count(*) FROM items WHERE id = 2000") == 1 and world.leftovers() == []


def test_who_accepts_the_loss_leaves_them_behind(world: World, live: RunContext) -> None:
    switched_off_meanwhile(world)
    assert online.roll_back(live, accept_loss=True)["row_diff"] == 1
    assert world.one("SELECT count(*) FROM items") == 1000 and world.leftovers() == []
