"""What the trigger makes of a row: one way, both ways, and of writes that come past the flag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from cutover.postgres import in_place
from cutover.postgres.in_place import following, tables
from cutover.postgres.in_place.following import Way
from support.in_place_runs import InPlaceRun

pytestmark = pytest.mark.engine
ROW = "SELECT name, price, given_name, family_name, cents, note FROM people WHERE id = %s"


@pytest.fixture
def run(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> Iterator[InPlaceRun]:
    made = InPlaceRun(tmp_path, database, journal)
    in_place.build(made.ctx)
    yield made
    made.close()


def direct(run: InPlaceRun, way: Way) -> None:
    with run.ctx.source("test") as db:
        following.direct(run.ctx, db, 1, tables.look(run.ctx, db), way)


def row(run: InPlaceRun, key: int) -> Any:
    return run.sql(ROW, key)[0]


def test_forward(run: InPlaceRun) -> None:
    run.sql("INSERT INTO people (id, name, price) VALUES (9001, 'Ada King Lovelace', 12.34)")
    assert row(run, 9001) == ("Ada King Lovelace", 12.34, "Ada", "King Lovelace", 1234, None)
    run.sql("UPDATE people SET name = 'Ada' WHERE id = 9001")
    assert row(run, 9001) == ("Ada", 12.34, "Ada", "", 1234, None)
    # What somebody gives who writes both, rightly, is no write past the flag.
    run.sql("UPDATE people SET name = 'Bo Diddley', given_name = 'Bo', family_name = 'Diddley' WHERE id = 9001")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        run.sql("UPDATE people SET given_name = 'Eve' WHERE id = 9001")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        run.sql("INSERT INTO people (id, name, cents) VALUES (9002, 'x', 5)")


def test_back(run: InPlaceRun) -> None:
    direct(run, "back")
    run.sql("INSERT INTO people (id, given_name, family_name, cents) VALUES (9001, 'Ada', 'Lovelace', 1234)")
    assert row(run, 9001) == ("Ada Lovelace", 12.34, "Ada", "Lovelace", 1234, None)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        run.sql("UPDATE people SET price = 1 WHERE id = 9001")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        run.sql("INSERT INTO people (id, given_name, name) VALUES (9002, 'x', 'y')")


def test_both_ways(run: InPlaceRun) -> None:
    direct(run, "both")
    run.sql("INSERT INTO people (id, name, price) VALUES (9001, 'Ada Lovelace', 1)")
    run.sql("INSERT INTO people (id, given_name, family_name, cents) VALUES (9002, 'Bo', 'Diddley', 250)")
    assert row(run, 9001) == ("Ada Lovelace", 1.0, "Ada", "Lovelace", 100, None)
    assert row(run, 9002) == ("Bo Diddley", 2.5, "Bo", "Diddley", 250, None)
    run.sql("UPDATE people SET cents = 300, given_name = 'Ann Marie' WHERE id = 9001")
    assert row(run, 9001) == ("Ann Marie Lovelace", 3.0, "Ann Marie", "Lovelace", 300, None)
    # The old columns would make 'Ann' and 'Marie Lovelace' of that: who writes neither leaves both alone.
    run.sql("UPDATE people SET note = 'seen' WHERE id = 9001")
    assert row(run, 9001) == ("Ann Marie Lovelace", 3.0, "Ann Marie", "Lovelace", 300, "seen")
    run.sql("UPDATE people SET name = 'Cy Twombly' WHERE id = 9002")
    assert row(run, 9002) == ("Cy Twombly", 2.5, "Cy", "Twombly", 250, None)


def test_the_last_trigger_has_the_last_word(run: InPlaceRun) -> None:
    run.sql(
        "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.name := upper(new.name); RETURN new;"
        " END $$; CREATE TRIGGER zzz_shout BEFORE INSERT OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION shout()"
    )
    run.sql("INSERT INTO people (id, name) VALUES (9001, 'ada lovelace')")
    assert row(run, 9001)[:4] == ("ADA LOVELACE", 0.0, "ADA", "LOVELACE")


def test_sessions_of_every_kind_are_followed(run: InPlaceRun) -> None:
    """Also one that replays rows: the trigger is one that always fires."""
    run.sql("SET session_replication_role = replica; INSERT INTO people (id, name, price) VALUES (9001, 'A B', 1)")
    assert row(run, 9001)[2:5] == ("A", "B", 100)


def comes_back(name: str) -> bool:
    """Whether the expressions tell a name back; what they cannot is refused by preflight and verify."""
    given, _, family = name.partition(" ")
    return name == (f"{given} {family}" if family else given)


names = st.text(alphabet="ab ", max_size=6).filter(comes_back)
writes = st.lists(
    st.tuples(st.sampled_from(["old", "new", "note"]), st.integers(1, 3), names, st.integers(0, 10_000)), max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=writes, meanwhile=writes, after=writes)
def test_nothing_that_was_written_last_is_lost(run: InPlaceRun, before: Any, meanwhile: Any, after: Any) -> None:
    """Writers of the old columns, then of both kinds at once, then of the new ones: each finds what it wrote."""
    expected: dict[int, tuple[str, Any]] = {}
    run.sql("TRUNCATE people CASCADE")
    for way, part, kinds in (
        ("forward", before, ("old", "note")),
        ("both", meanwhile, ("old", "new", "note")),
        ("back", after, ("new", "note")),
    ):
        direct(run, way)  # type: ignore[arg-type]
        for kind, key, name, cents in part:
            if kind in kinds:
                write(run, kind, key, name, cents, expected)
    for key, (kind, value) in expected.items():
        old, price, given, family, cents, _ = row(run, key)
        assert (given, family, cents) == value if kind == "new" else (old, price) == value


def write(run: InPlaceRun, kind: str, key: int, name: str, cents: int, expected: dict[int, tuple[str, Any]]) -> None:
    if kind == "note":
        run.sql("UPDATE people SET note = %s WHERE id = %s", name, key)
        return
    if kind == "old":
        values: tuple[Any, ...] = (name, cents / 100)
        columns, expected[key] = ("name", "price"), ("old", values)
    else:
        values = (name, "f", cents)
        columns, expected[key] = ("given_name", "family_name", "cents"), ("new", values)
    listed, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    put = ", ".join(f"{column} = excluded.{column}" for column in columns)
    run.sql(
        f"INSERT INTO people (id, {listed}) VALUES (%s, {marks}) ON CONFLICT (id) DO UPDATE SET {put}", key, *values
    )
