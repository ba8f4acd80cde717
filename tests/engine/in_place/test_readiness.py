"""What keeps a change in place from beginning, and what fails on the way: each named, and nothing left behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from cutover.postgres import in_place
from cutover.postgres.dual_write.steps import reads
from cutover.postgres.dual_write.steps.ready import PreflightFailed
from cutover.postgres.dual_write.steps.roll_back import NoWayBack, WouldLose
from cutover.postgres.in_place.completing import NotCompleted
from cutover.postgres.in_place.filling import RowRefused
from cutover.postgres.in_place.renaming import NameTaken
from support.in_place_runs import ALTER, ORDERS, PEOPLE, InPlaceRun

pytestmark = pytest.mark.engine
Make = Callable[..., InPlaceRun]


@pytest.fixture
def make(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> Iterator[Make]:
    made: list[InPlaceRun] = []

    def start(alter: str = ALTER, **changes: Any) -> InPlaceRun:
        people = {**PEOPLE, **changes.pop("people", {})}
        tables = [{key: value for key, value in people.items() if value is not None}, *changes.pop("more", [])]
        made.append(InPlaceRun(tmp_path, database, journal, alter=alter, tables=tables, **changes))
        return made[-1]

    yield start
    for run in made:
        run.close()


def found(run: InPlaceRun, code: str) -> list[str]:
    """Messages of a preflight with this code; whatever it says, nothing is left."""
    try:
        findings = in_place.preflight(run.ctx)
    except PreflightFailed as error:
        return [line for line in str(error).splitlines() if code in line] or [str(error)]
    finally:
        assert run.shape() == run.before
    return [one.message for one in findings if one.code == code]


def test_nothing_is_in_the_way(make: Make) -> None:
    run = make(more=[ORDERS])
    assert [one.code for one in in_place.preflight(run.ctx)] == ["DUA021", "DUA039"]
    assert run.shape() == run.before


@pytest.mark.parametrize(
    ("code", "world", "changes", "said"),
    [
        ("DUA030", "", {"people": {"columns": {"cents": "prize * 100"}}}, "column .*prize.* does not exist"),
        ("DUA030", "", {"people": {"columns": {"rebate": "1"}}}, "there is no column 'rebate'"),
        ("DUA030", "", {"people": {"columns": {"cents": "name || 'x'"}}}, "a trial fails: .*cents.* is of type bigint"),
        ("DUA031", "UPDATE people SET name = 'two  blanks' WHERE id = 7", {}, None),
        ("DUA031", "UPDATE people SET price = 0.005 WHERE id = 7", {}, "would not come back .*'id': 7"),
        (
            "DUA032",
            "UPDATE people SET name = 'x' WHERE id = 7",
            {
                "people": {
                    "columns": {
                        **PEOPLE["columns"],
                        "cents": "round((price * 100)::numeric) + 0 * length(substr(name, 1, length(name) - 2))",
                    }
                }
            },
            "an expression fails on a row: negative substring length",
        ),
        ("DUA033", "ALTER TABLE people ADD COLUMN cents bigint", {}, "the column cents is there already"),
        ("DUA033", "CREATE INDEX people_family_name ON people (name)", {}, "the relation people_family_name is there"),
        ("DUA033", "CREATE TABLE purchases (id int)", {"more": [ORDERS]}, "public.purchases is there already"),
        (
            "DUA034",
            "ALTER TABLE people ALTER COLUMN price SET DEFAULT random()",
            {},
            "'price' has the default random.., which is another one each time",
        ),
        ("DUA022", "DROP TABLE orders; ALTER TABLE people RENAME TO persons", {}, "there is no such table"),
        ("DUA035", "CREATE VIEW names AS SELECT name FROM people", {}, "view names .*finalizing cannot drop it"),
        ("DUA035", "CREATE INDEX people_by_name ON people (name)", {}, "index people_by_name .*drops that with it"),
    ],
)
def test_what_preflight_names(make: Make, code: str, world: str, changes: dict[str, Any], said: str | None) -> None:
    run = make(**changes)
    if world:
        run.sql(world)
    run.before = run.shape()
    messages = found(run, code)
    if said is None:
        assert not any("would not come back" in message for message in messages)
        return
    assert any(re.search(said, message) for message in messages), messages


def test_a_default_that_writes_every_row_anew_is_refused(make: Make) -> None:
    run = make(alter=ALTER + "ALTER TABLE people ADD COLUMN token uuid DEFAULT gen_random_uuid();")
    assert "writes every row anew" in found(run, "DUA036")[0]


def test_triggers_that_the_backfill_would_wake_are_named_to_a_login_that_cannot_help_it(make: Make) -> None:
    run = make()
    run.sql(
        "CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.note := 'seen'; RETURN new; END $$;"
        " CREATE TRIGGER seen BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION seen()"
    )
    in_place.build(run.ctx)
    in_place.backfill(run.ctx)
    assert run.sql("SELECT count(*) FROM people WHERE note = 'seen'") == [(0,)]
    assert run.sql("SELECT count(*) FROM people WHERE cents IS NULL") == [(0,)]


def test_a_row_that_cannot_be_filled(make: Make) -> None:
    run = make()
    in_place.build(run.ctx)
    run.sql('SET session_replication_role = replica; ALTER TABLE people DISABLE TRIGGER "~cutover_1"')
    run.sql("UPDATE people SET price = 'infinity' WHERE id = 1500")
    run.sql('ALTER TABLE people ENABLE ALWAYS TRIGGER "~cutover_1"')
    with pytest.raises(RowRefused, match=r"backfill of public.people: a row cannot be filled: .*infinity"):
        in_place.backfill(run.ctx)
    run.sql("UPDATE people SET price = 1 WHERE id = 1500")
    assert in_place.backfill(run.ctx)["rows"] > 0
    assert all(check["ok"] for check in in_place.verify(run.ctx))


def test_a_constraint_that_rows_do_not_satisfy_is_named_and_gone(make: Make) -> None:
    run = make(alter=ALTER + "ALTER TABLE people ADD CONSTRAINT dear CHECK (cents > 100);")
    in_place.build(run.ctx)
    with pytest.raises(NotCompleted, match=r"public.people: dear does not hold: .*is violated by some row"):
        in_place.backfill(run.ctx)
    # It would refuse applications that know nothing of it.
    run.sql("INSERT INTO people (id, name, price) VALUES (9001, 'cheap thing', 0.01)")
    in_place.roll_back(run.ctx)
    assert run.shape() == run.before


def test_an_index_of_an_earlier_try_is_made_anew(make: Make) -> None:
    unique = "ALTER TABLE people ADD CONSTRAINT people_unique UNIQUE (given_name, family_name);"
    run = make(alter=ALTER + unique)
    in_place.build(run.ctx)
    run.sql("UPDATE people SET name = 'same name' WHERE id IN (5, 6)")
    with pytest.raises(NotCompleted, match=r"people_unique does not hold: .*same, name"):
        in_place.backfill(run.ctx)
    assert run.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'people_unique'::regclass") == [(False,)]
    run.sql("UPDATE people SET name = 'another name' WHERE id = 6")
    in_place.backfill(run.ctx)
    assert run.sql("SELECT contype::text FROM pg_constraint WHERE conname = 'people_unique'") == [("u",)]
    in_place.roll_back(run.ctx)
    assert run.shape() == run.before


def test_a_row_that_differs_stops_the_way_back_and_is_mended(make: Make) -> None:
    run = make()
    for step in (in_place.build, in_place.write_both, in_place.backfill):
        step(run.ctx)
    reads.move(run.ctx, 0)
    reads.move(run.ctx, 100)
    in_place.new_only(run.ctx)
    run.sql('ALTER TABLE people DISABLE TRIGGER "~cutover_1"')
    run.sql("UPDATE people SET name = 'nobody' WHERE id = 7")
    checks = in_place.watch(run.ctx)
    assert [check["code"] for check in checks if not check["ok"]] == ["CAPTURE_ON", "ROW_DIFF"]
    run.sql('ALTER TABLE people ENABLE ALWAYS TRIGGER "~cutover_1"')
    with pytest.raises(WouldLose, match=r"old columns are not what the new ones say: public.people: 1 rows.*'id': '7'"):
        in_place.roll_back(run.ctx)
    assert in_place.repair(run.ctx, "back") == {
        "tables": [{"table": "public.people", "found": 1, "mended": 1, "left": 0}]
    }
    in_place.roll_back(run.ctx)
    assert run.shape() == run.before and run.sql("SELECT name FROM people WHERE id = 7") == [("first7 last7",)]


@pytest.mark.parametrize(
    "more", [{"rollback": {"window": "0s"}}, {"left_out": {"public.people": "nothing comes back"}}]
)
def test_without_reverse_only_a_table_that_is_left_out_goes_back(make: Make, more: dict[str, Any]) -> None:
    run = make(people={"reverse": None}, **more)
    run.sql("ALTER TABLE people ALTER COLUMN name DROP NOT NULL")
    run.before = run.shape()
    in_place.preflight(run.ctx)
    for step in (in_place.build, in_place.write_both, in_place.backfill):
        step(run.ctx)
    reads.move(run.ctx, 0)
    reads.move(run.ctx, 100)
    in_place.new_only(run.ctx)
    run.sql("INSERT INTO people (id, given_name, family_name, cents) VALUES (9001, 'Ada', 'Lovelace', 1)")
    if "left_out" not in more:
        with pytest.raises(NoWayBack, match=r"applications write the new columns of public.people, which has no"):
            in_place.roll_back(run.ctx)
        return
    in_place.roll_back(run.ctx)
    assert run.shape() == run.before and run.sql("SELECT name FROM people WHERE id = 9001") == [(None,)]


def test_a_name_that_somebody_takes_meanwhile(make: Make) -> None:
    run = make(more=[ORDERS])
    run.sql("CREATE TABLE purchases (id int)")
    with pytest.raises(NameTaken, match=r"public.purchases is there already"):
        in_place.build(run.ctx)
    in_place.roll_back(run.ctx)
    assert run.has("purchases") and run.has("orders")
