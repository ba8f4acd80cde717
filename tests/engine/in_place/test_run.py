"""Tables that change in place, there and back: applications go on all the time, and nothing they wrote is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.flags import Mode
from cutover.journal.store import Journal
from cutover.postgres import in_place
from cutover.postgres.dual_write.steps import reads
from support.in_place_runs import NAME, Application, InPlaceRun

pytestmark = pytest.mark.engine


@pytest.fixture
def run(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> Iterator[InPlaceRun]:
    made = InPlaceRun(tmp_path, database, journal)
    yield made
    made.close()


STEPS: dict[str, Callable[[RunContext], Any]] = {
    "build": in_place.build,
    "write_both": in_place.write_both,
    "backfill": in_place.backfill,
    "shadow": lambda ctx: reads.move(ctx, 0),
    "reads": lambda ctx: reads.move(ctx, 100),
    "new_only": in_place.new_only,
}


def there(ctx: RunContext) -> None:
    """Everything up to new only."""
    in_place.preflight(ctx)
    for name, step in STEPS.items():
        step(ctx)
        if name == "backfill":
            checks = in_place.verify(ctx)
            assert all(check["ok"] for check in checks), checks
    checks = in_place.watch(ctx)
    assert all(check["ok"] for check in checks), checks


def test_there_and_back_and_there_again(run: InPlaceRun) -> None:
    applications = [Application(run, 10_000 * number) for number in (1, 2, 3)]
    for one in applications:
        one.start()
    try:
        there(run.ctx)
        assert run.flags.get(NAME).mode is Mode.NEW_ONLY
        back = in_place.roll_back(run.ctx)
        assert back["was_swapped"] and back["row_diff"] == 0
        assert run.flags.get(NAME).mode is Mode.OLD_ONLY
        assert run.shape() == run.before
        run.journal.set_state(run.ctx.run_id, "rolled_back")
        again = run.begin(f"{NAME}.2")
        there(again)
        told = run.journal.get_run(again.run_id)
        assert told.swapped_at and told.window_ends_at == told.swapped_at + run.spec.rollback.window
    finally:
        for one in applications:
            one.stop()
    assert all(one.sides == {"old", "new"} for one in applications)
    run.kept(applications)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="the other side of migration in_place is live"):
        run.sql("UPDATE people SET name = 'past the flag' WHERE id = 1")
    done = in_place.finalize(again)
    assert done == {"archived": [], "dropped": ["public.people.name", "public.people.price", "public.orders"]}
    run.kept(applications)
    assert {row[2] for row in run.shape() if row[:2] == ("column", "people")} == {
        "id",
        "note",
        "given_name",
        "family_name",
        "cents",
    }
    assert not run.has("orders")
    assert [row for row in run.shape() if row[0] in ("trigger", "schema")] == []


@pytest.mark.parametrize("last", [None, *STEPS])
def test_back_from_every_phase(run: InPlaceRun, last: str | None) -> None:
    for name, step in STEPS.items():
        if last is None:
            break
        step(run.ctx)
        if name == last:
            break
    in_place.roll_back(run.ctx)
    assert run.shape() == run.before
    assert run.sql("SELECT count(*), sum(price) FROM people WHERE name = 'first' || id || ' last' || id") == [
        (2000, 500250.0)
    ]
    if last not in (None, "build"):
        assert run.flags.get(NAME).mode is Mode.OLD_ONLY
    in_place.roll_back(run.ctx)  # finds nothing to do
