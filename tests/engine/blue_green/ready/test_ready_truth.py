"""What preflight says of a change is what replication does: each verdict is tried with a real publication."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from support.pair_preflighting import Asked, codes
from support.pair_world import until

pytestmark = pytest.mark.timeout(180)

TABLES = """
CREATE TYPE kind AS ENUM ('a', 'b');
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE leads (id int PRIMARY KEY, email text, code text, amount numeric(10,2), owner_id int, kind kind,
                    flag boolean);
"""
WRITES = (
    "INSERT INTO leads VALUES (1, 'long@example.org', 'x', 12345.67, 9, 'a', true)",
    "UPDATE leads SET code = 'y' WHERE id = 1",
    "INSERT INTO leads VALUES (2, 'long@example.org', NULL, -1, NULL, 'b', false)",
    "DELETE FROM leads WHERE id = 2",
)


@pytest.fixture(scope="module")
def asked(lasting_asked: Callable[[str], Asked]) -> Asked:
    return lasting_asked(TABLES)


@contextlib.contextmanager
def following(asked: Asked, up: str, columns: str = "") -> Iterator[None]:
    """Green has the same tables, changed by ``up``, and follows ``leads`` of blue."""
    asked.world.green(TABLES)
    asked.world.green(up)
    asked.world.blue(f"CREATE PUBLICATION truth FOR TABLE leads {columns}")
    with psycopg.connect(asked.world.green_info.conninfo(), autocommit=True) as green:
        conninfo = sql.Literal(asked.world.blue_info.conninfo())
        green.execute(
            sql.SQL("CREATE SUBSCRIPTION truth CONNECTION {} PUBLICATION truth WITH (copy_data = false)").format(
                conninfo
            )
        )
        try:
            yield
        finally:
            green.execute("DROP SUBSCRIPTION truth")
            asked.world.green("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            asked.world.blue("DROP PUBLICATION truth; TRUNCATE leads")


def goes_on(asked: Asked) -> bool:
    """Write on blue; tell whether all of it arrives, or the apply worker stops at something."""
    for statement in WRITES:
        asked.world.blue(statement)
    ((wanted,),) = asked.world.blue("SELECT pg_current_wal_lsn()")

    def settled() -> str | None:
        ((errors,),) = asked.world.green(
            "SELECT apply_error_count FROM pg_stat_subscription_stats WHERE subname = 'truth'"
        )
        ((there,),) = asked.world.blue(
            "SELECT confirmed_flush_lsn >= %s FROM pg_replication_slots WHERE slot_name = 'truth'", wanted
        )
        return "stopped" if errors else "arrived" if there else None

    return bool(until(settled, "rows arrive, or the worker stops") == "arrived")


@pytest.mark.parametrize(
    ("up", "columns"),
    [
        ("ALTER TABLE leads ADD a int, ADD b int NOT NULL DEFAULT 0, ADD c timestamptz DEFAULT now()", ""),
        ("ALTER TABLE leads ADD n bigint GENERATED ALWAYS AS IDENTITY", ""),
        ("ALTER TABLE leads ALTER id TYPE bigint, ALTER owner_id TYPE text", ""),
        ("ALTER TABLE leads ADD d int GENERATED ALWAYS AS (id * 2) STORED", ""),
        ("ALTER TABLE leads ADD FOREIGN KEY (owner_id) REFERENCES users NOT VALID", ""),
        ("ALTER TABLE leads DROP email", "(id, code, amount, owner_id, kind, flag)"),
        ("ALTER TABLE leads ALTER amount TYPE numeric(10,1)", ""),
        ("ALTER TYPE kind ADD VALUE 'c'", ""),
    ],
)
def test_what_is_no_error_goes_on(asked: Asked, up: str, columns: str) -> None:
    assert codes(asked.findings([], up), "error") == set()
    with following(asked, up, columns):
        assert goes_on(asked)


@pytest.mark.parametrize(
    ("up", "code", "columns"),
    [
        ("ALTER TABLE leads ADD a int NOT NULL", "BG062", ""),
        ("ALTER TABLE leads RENAME TO clients", "BG059", ""),
        ("ALTER TABLE leads RENAME email TO mail", "BG060", ""),
        ("ALTER TABLE leads DROP CONSTRAINT leads_pkey", "BG064", ""),
        ("ALTER TABLE leads DROP CONSTRAINT leads_pkey, ADD PRIMARY KEY (id, amount)", "BG064", ""),
        ("ALTER TYPE kind RENAME VALUE 'a' TO 'z'", "BG071", ""),
        ("ALTER TABLE leads SET UNLOGGED", "BG075", "!"),
    ],
)
def test_what_is_an_error_stops(asked: Asked, up: str, code: str, columns: str) -> None:
    assert code in codes(asked.findings([], up), "error")
    if columns != "!":  # an unlogged follower works until it crashes; it cannot be published on the way back
        with following_or_refused(asked, up) as follows:
            assert not follows or not goes_on(asked)


@contextlib.contextmanager
def following_or_refused(asked: Asked, up: str) -> Iterator[bool]:
    """A renamed table is refused at once."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(following(asked, up))
        except psycopg.errors.UndefinedTable:
            asked.world.green("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            asked.world.blue("DROP PUBLICATION truth")
            yield False
            return
        yield True


@pytest.mark.parametrize(
    ("up", "code"),
    [
        ("ALTER TABLE leads ALTER email TYPE varchar(3)", "BG063"),
        ("ALTER TABLE leads ALTER amount TYPE numeric(6,2)", "BG063"),
        ("ALTER TABLE leads ADD CHECK (amount > 0)", "BG066"),
        ("ALTER TABLE leads ADD UNIQUE (email)", "BG067"),
        ("ALTER TABLE leads ALTER code SET NOT NULL", "BG065"),
    ],
)
def test_what_depends_on_the_data_is_a_warning_before_and_an_error_with_it(asked: Asked, up: str, code: str) -> None:
    found = [f for f in asked.findings([], up) if f.code == code]
    assert [f.severity for f in found] == ["warning"]
    with following(asked, up):
        assert not goes_on(asked)
    for statement in WRITES[:3]:
        asked.world.blue(statement)
    try:
        found = [f for f in asked.findings([], up) if f.code == code]
        assert [f.severity for f in found] == ["error"], found
    finally:
        asked.world.blue("TRUNCATE leads")
