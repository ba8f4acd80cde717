"""What the server says of the spec's shapes: the columns and types, and each thing that does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.postgres.connect import connect
from cutover.postgres.dual_write.shapes import ShapeWrong, shapes_of
from cutover.spec.dual import DualShape
from support.dual_world import NEW, OLD, SHAPES

ACCOUNTS, MESSAGES = SHAPES


def told(rows: str = ACCOUNTS.rows, *, name: str = "accounts", **changed: Any) -> DualShape:
    origins = {"admins": "SELECT r.id", "settings": "SELECT r.admin_id", "public.sessions": "SELECT r.admin_id"}
    data = {"name": name, "key": ["id"], "rows": "shapes/accounts.sql", "from": origins, **changed}
    return DualShape.model_validate(data).with_text({"shapes/accounts.sql": rows})


@pytest.fixture
def db(database: ConnectionInfo) -> Iterator[Db]:
    """A session as the engine opens them: with nothing but ``pg_catalog`` in its search path."""
    with connect(database) as opened:
        opened.execute("SET search_path = public")
        opened.execute((OLD + NEW).encode())
        opened.execute("RESET search_path")
        yield opened


def sql(db: Db, text: str) -> None:
    with db.transaction():
        db.execute("SET LOCAL search_path = public")
        db.execute(text.encode())


def wrong(db: Db, *shapes: DualShape) -> str:
    with pytest.raises(ShapeWrong) as caught:
        shapes_of(db, shapes)
    assert caught.value.code == "DUA002"
    assert caught.value.what.startswith("shape public.accounts: ")
    assert caught.value.fix
    assert not db.info.transaction_status
    return f"{caught.value.what} {caught.value.fix}"


def test_the_shapes_are_those_that_were_told(db: Db) -> None:
    messages = DualShape.model_validate(
        {
            "name": "public.messages",
            "key": ["account_id", "kind", "ref"],
            "rows": "m.sql",
            "from": {
                "public.notices": "SELECT r.admin_id, 'notice', r.id::text; -- that is all",
                "sessions": "SELECT r.admin_id, 'session', r.id::text",
            },
        }
    ).with_text({"m.sql": f"-- All of them.\n{MESSAGES.rows} ; -- and no more\n"})
    found = shapes_of(db, [told(), messages])
    bare = [replace(shape, rows=shape.rows.strip()) for shape in SHAPES]
    assert found == bare
    assert db.execute("SHOW search_path").fetchone() == ("pg_catalog",)
    assert shapes_of(db, []) == []


def test_it_may_be_asked_within_a_transaction(db: Db) -> None:
    with db.transaction():
        db.execute("CREATE TEMP TABLE mine (id int)")
        with pytest.raises(ShapeWrong):
            shapes_of(db, [told("SELECT 1 AS one")])
        assert len(shapes_of(db, [told()])) == 1
        db.execute("INSERT INTO mine VALUES (1)")
    assert db.execute("SELECT count(*) FROM mine").fetchone() == (1,)


def test_types_of_keys_are_written_so_that_everybody_understands_them(db: Db) -> None:
    sql(
        db,
        "CREATE TYPE mood AS ENUM ('well', 'ill'); CREATE DOMAIN code AS char(3);"
        "CREATE TABLE states (id code, mood mood, price numeric(6, 2), at timestamptz(0), name varchar(20),"
        " PRIMARY KEY (id, mood, price, at, name))",
    )
    rows = "SELECT id, mood, price, at, name FROM states"
    keys = ["mood", "id", "at", "name", "price"]
    origins = {"states": "SELECT r.mood, r.id, r.at, r.name, r.price"}
    (shape,) = shapes_of(db, [told(rows, name="states", key=keys, **{"from": origins})])
    types = ("public.mood", "public.code", "timestamp with time zone", "character varying", "numeric")
    assert shape.types == types
    sql(db, "CREATE TABLE days (day char(10) PRIMARY KEY)")
    (shape,) = shapes_of(
        db, [told("SELECT day FROM days", name="days", key=["day"], **{"from": {"days": "SELECT r.day"}})]
    )
    assert shape.types == ("bpchar",)


def test_a_query_that_fails_says_where(db: Db) -> None:
    said = wrong(db, told("-- \u20ac\n\nSELECT a.id,\n  'x\u20ac' AS email, a.nmae\nFROM admins AS a"))
    assert "rows (shapes/accounts.sql) fails in line 4: column a.nmae does not exist" in said
    assert 'Perhaps you meant to reference the column "a.name"' in said
    said = wrong(db, told(**{"from": {"admins": "SELECT\n r.ide"}}))
    assert "from: public.admins fails in line 2: column r.ide does not exist" in said
    assert 'relation "no_such" does not exist' in wrong(db, told("SELECT id FROM no_such"))


def test_tables_that_are_not_there(db: Db) -> None:
    sql(db, "CREATE VIEW seen AS SELECT * FROM admins")
    assert "there is no table public.seen" in wrong(db, told(**{"from": {"seen": "SELECT r.id"}}))
    assert "there is no table shop.admins" in wrong(db, told(**{"from": {"shop.admins": "SELECT r.id"}}))
    sql(db, "DROP TABLE accounts")
    assert "create it in schema.up" in wrong(db, told())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("SELECT id, email, name FROM admins", "rows does not give the column 'settings', which is NOT NULL"),
        ("SELECT id, email AS mail FROM admins", "a column 'mail', which the table does not have"),
        ("SELECT id, upper(email) FROM admins", "give it the name of a column by AS: id, email, name"),
        ("SELECT id, email, email FROM admins", "rows gives the column 'email' twice"),
        ("SELECT a.email, a.name, '{}'::json AS settings, 1 AS sessions FROM admins AS a", "the key's column 'id'"),
        ("SELECT id, email, name, '{}'::jsonb AS settings, 1 AS sessions FROM admins",
         "'settings' a value of type jsonb, and the table has json. write (settings)::json"),
        ("SELECT id, email, name, '{}'::json AS settings, '1' AS sessions FROM admins", "of type text"),
        ("SELECT id, email, name, '{}'::json AS settings, 1.0 AS sessions FROM admins", "of type numeric"),
    ],
)  # fmt: skip
def test_columns_that_do_not_fit(db: Db, rows: str, message: str) -> None:
    assert message in wrong(db, told(rows))


def test_types_whose_values_look_alike_may_differ(db: Db) -> None:
    sql(db, "ALTER TABLE accounts ALTER sessions TYPE bigint, ALTER email TYPE varchar(90)")
    assert shapes_of(db, [told()])


def test_what_is_in_parentheses_behind_a_type_counts(db: Db) -> None:
    """A numeric(8,2) stores 0 as 0.00, so the query and the table would differ for ever."""
    sql(
        db,
        "CREATE TABLE sums (id int PRIMARY KEY, paid numeric(8, 2), at timestamptz(3), code char(2), note varchar(5))",
    )
    given = "0::numeric AS paid, now()::timestamptz(3) AS at, 'a'::char(2) AS code, 'x' AS note"
    origins = {"admins": "SELECT r.id"}
    rows = f"SELECT id, {given} FROM admins"
    with pytest.raises(ShapeWrong, match=r"'paid' a value of type numeric, and the table has numeric\(8,2\)"):
        shapes_of(db, [told(rows, name="sums", **{"from": origins})])
    assert shapes_of(db, [told(rows.replace("0::numeric", "0::numeric(8, 2)"), name="sums", **{"from": origins})])
    sql(db, "ALTER TABLE sums ALTER paid TYPE numeric")
    assert shapes_of(db, [told(rows, name="sums", **{"from": origins})])


def test_columns_that_fill_themselves(db: Db) -> None:
    sql(
        db,
        "ALTER TABLE accounts ADD made bigint GENERATED ALWAYS AS IDENTITY, ADD at timestamptz NOT NULL DEFAULT now(),"
        " ADD domain text NOT NULL GENERATED ALWAYS AS (email || '!') STORED;"
        "ALTER TABLE accounts ALTER id ADD GENERATED ALWAYS AS IDENTITY",
    )
    (shape,) = shapes_of(db, [told()])
    assert shape.columns == ACCOUNTS.columns
    more = ACCOUNTS.rows.replace("a.name,", "a.name, 'x' AS domain,")
    assert "which the table generates by itself" in wrong(db, told(more))
    more = ACCOUNTS.rows.replace("a.name,", "a.name, a.id AS made,")
    assert "GENERATED BY DEFAULT AS IDENTITY" in wrong(db, told(more))


@pytest.mark.parametrize(
    "change",
    [
        "DROP CONSTRAINT accounts_pkey",
        "DROP CONSTRAINT accounts_pkey, ALTER id DROP NOT NULL, ADD UNIQUE (id)",
        "DROP CONSTRAINT accounts_pkey, ADD PRIMARY KEY (id) DEFERRABLE",
        "DROP CONSTRAINT accounts_pkey, ADD PRIMARY KEY (id, email)",
    ],
)
def test_a_key_that_tells_no_rows_apart(db: Db, change: str) -> None:
    sql(db, f"ALTER TABLE accounts {change}")
    said = wrong(db, told())
    assert "its key (id) does not tell rows apart" in said
    assert "ADD PRIMARY KEY" in said


def test_keys_of_an_origin_that_do_not_fit(db: Db) -> None:
    assert "gives 2 columns, and the key has 1" in wrong(db, told(**{"from": {"admins": "SELECT r.id, r.name"}}))
    assert "gives 4 columns" not in wrong(db, told(**{"from": {"admins": "SELECT r.*"}}))
    said = wrong(db, told(**{"from": {"sessions": "SELECT r.id"}}))
    assert "gives for 'id' a value of type uuid, and the table has bigint" in said
    (shape,) = shapes_of(db, [told(**{"from": {"settings": "SELECT r.admin_id::int"}})])
    assert shape.origins == {("public", "settings"): "SELECT r.admin_id::int"}


def test_nothing_is_changed(db: Db) -> None:
    sql(db, "CREATE FUNCTION bump() RETURNS bigint LANGUAGE sql AS 'INSERT INTO admins VALUES (1, ''a'') RETURNING id'")
    assert wrong(db, told("SELECT bump() AS id, 'x' AS y"))
    assert db.execute("SELECT count(*) FROM public.admins").fetchone() == (0,)
