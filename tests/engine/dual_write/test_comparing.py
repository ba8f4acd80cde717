"""What differs is found, named and mended; rows without a place in the new shape are found before anything is done."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from cutover.postgres.dual_write import comparing, tracing
from cutover.postgres.dual_write.comparing import NotMended
from support.dual_world import SHAPES, DualWorld

from .test_deriving import NAMES, SOME, begin, fill, opened

ACCOUNTS, MESSAGES = SHAPES


@pytest.fixture
def world(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> DualWorld:
    made = DualWorld(tmp_path, database, journal)
    made.sql(SOME)
    begin(made)
    fill(made, batch=1000)
    return made


def test_what_is_derived_is_equal_while_it_is_written(world: DualWorld) -> None:
    over = threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            world.sql(f"UPDATE admins SET name = 'n{number}' WHERE id = {1 + number % 40}")
            world.sql(f"UPDATE notices SET admin_id = {1 + number % 7} WHERE id = {1 + number % 90}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [comparing.compare(world.ctx, shape) for shape in SHAPES for _ in range(3)]
    finally:
        over.set()
        writer.join()
    assert [diff.total for diff in found] == [0] * 6
    assert found[0].rows_left == 40


def test_a_planted_difference_is_named_and_mended(world: DualWorld) -> None:
    world.sql("UPDATE accounts SET name = 'other' WHERE id = 7")
    world.sql("DELETE FROM accounts WHERE id = 8; INSERT INTO accounts VALUES (999, 'nobody', NULL, '{}', 0)")
    found = comparing.compare(world.ctx, ACCOUNTS)
    assert {(one.kind, one.key["id"]) for one in found.differences} == {
        ("changed", "7"),
        ("missing_right", "8"),
        ("missing_left", "999"),
    }
    keys = [(7,), (8,), (999,), (9,)]
    with opened(world) as db:
        assert sorted(comparing.differing(db, ACCOUNTS, keys)) == [(7,), (8,), (999,)]
        assert comparing.repair(world.ctx, db, NAMES, 1, ACCOUNTS, keys) == 3
        assert comparing.repair(world.ctx, db, NAMES, 1, ACCOUNTS, keys) == 0
    assert comparing.compare(world.ctx, ACCOUNTS).total == 0


def test_what_does_not_let_itself_be_mended_is_said(world: DualWorld) -> None:
    world.sql(
        "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.name := ''meddled''; RETURN new; END';"
        "CREATE TRIGGER meddle BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION meddle();"
        "UPDATE accounts SET name = 'x' WHERE id = 3"
    )
    with opened(world) as db, pytest.raises(NotMended, match="'id': 3"):
        comparing.repair(world.ctx, db, NAMES, 1, ACCOUNTS, [(3,)])


def test_rows_without_a_place_are_found(world: DualWorld) -> None:
    world.sql(
        "INSERT INTO notices VALUES (1000, NULL, 'to nobody'); INSERT INTO sessions VALUES (gen_random_uuid(), NULL)"
    )
    with world.ctx.source("test", search_path="public, pg_temp") as db:
        found = tracing.untraced(db, SHAPES)
        assert [(one.table, one.rows) for one in found] == [("public.notices", 1), ("public.sessions", 1)]
        assert "to nobody" in found[0].shown[0]
        assert tracing.untraced(db, SHAPES, [("public", "notices"), ("public", "sessions")]) == []
        # A mapping that forgets whose settings they are.
        narrow = replace(ACCOUNTS, rows=ACCOUNTS.rows + " WHERE a.id < 40")
        assert ("public.admins", 1) in [(one.table, one.rows) for one in tracing.untraced(db, [narrow, MESSAGES])]
