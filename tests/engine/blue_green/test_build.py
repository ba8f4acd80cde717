"""Building green: from blue's schema and the migration's SQL, in an empty database or one that is made."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import psycopg
import pytest

from cutover.errors import ConnectionRefused
from cutover.postgres.blue_green import design, remove, state
from cutover.postgres.blue_green.contents import GreenNotEmpty
from cutover.postgres.blue_green.design import UpFailed
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.steps.build import build
from localstack.cluster import Cluster
from support import pair_dying
from support.pair_world import PairWorld, run

from .conftest import MakePair

POINTS = ["bg.build.database", "bg.build.roles", "bg.build.designed", "bg.build.restored", "bg.build.published"]


def test_green_is_built_and_taken_away_again(any_pair: PairWorld) -> None:
    ctx = any_pair.begin()

    figures = build(ctx)

    assert figures == build(ctx)  # again: nothing happens
    assert (figures["tables"], figures["followed"]) == (6, 6)
    assert any_pair.green("SELECT count(*) FROM orders")[0][0] == 0
    done = remove.everything(ctx, Ends.of(ctx))
    assert any_pair.leftovers() == [], done
    assert any_pair.green("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")[0][0] == 0
    assert remove.everything(ctx, Ends.of(ctx)) == []


def test_only_what_comes_before_the_rows_is_there(pair: PairWorld) -> None:
    ctx = pair.begin(
        pair.spec(files={"up.sql": "CREATE TABLE notes (id int PRIMARY KEY); CREATE INDEX ON orders (note);"})
    )

    build(ctx)

    assert pair.green("SELECT count(*) FROM pg_index WHERE indrelid IN ('orders'::regclass, 'notes'::regclass)") == [
        (0,)
    ]
    assert pair.green("SELECT tgname FROM pg_trigger WHERE tgrelid = 'orders'::regclass") == []
    with design.opened(Ends.of(ctx), "test") as db:
        row = db.execute("SELECT count(*) FROM pg_index WHERE indrelid IN ('public.orders'::regclass)").fetchone()
    assert row == (4,)  # the key, two of blue's and the new one
    with Ends.of(ctx).open("green", "test") as green:
        side = state.find(green, ctx.run_id)
    assert side and (side.phase, side.live) == ("built", False)
    remove.everything(ctx, Ends.of(ctx))


def test_a_green_that_is_missing_is_made_like_blue(make_pair: MakePair, pg16: Cluster, pg18: Cluster) -> None:
    pair = make_pair(pg16, pg18, make_green=False)
    name = pair.blue_info.dbname
    pair.blue("CREATE ROLE pair_reader")
    pair.blue(
        f"ALTER DATABASE {name} SET search_path = \"Odd Place\", public; ALTER DATABASE {name} SET work_mem = '7MB'"
    )
    pair.blue(f"ALTER ROLE pair_reader IN DATABASE {name} SET statement_timeout = '3s'")
    pair.blue(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO pair_reader")
    pair.blue(f"COMMENT ON DATABASE {name} IS 'the shop''s'")
    ctx = pair.begin()

    figures = build(ctx)

    assert figures["made_database"] and figures["remarks"] == []
    of_database = (
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype, datacl::text,"
        " shobj_description(oid, 'pg_database'), (SELECT array_agg(setconfig::text ORDER BY setrole)"
        " FROM pg_db_role_setting WHERE setdatabase = d.oid)"
        " FROM pg_database d WHERE datname = current_database()"
    )
    assert pair.green(of_database) == pair.blue(of_database)
    remove.everything(ctx, Ends.of(ctx))
    assert not pg18.has_database(pair.green_info.dbname)
    assert pair.leftovers() == []
    pair.blue("DROP OWNED BY pair_reader")


@pytest.mark.parametrize("at", POINTS)
def test_killed_anywhere_it_begins_again(make_pair: MakePair, pg16: Cluster, pg18: Cluster, at: str) -> None:
    pair = make_pair(pg16, pg18, make_green=at == "bg.build.roles")
    pair.blue("CREATE TABLE keyless (n int); INSERT INTO keyless VALUES (1)")
    ctx = pair.begin(pair.spec([{"name": "public.keyless", "without_key": "full"}]))
    pair_dying.die(pair, ctx, "build", at=at)
    assert pair.blue("UPDATE keyless SET n = n + 1 RETURNING n") == [(2,)]  # the live side goes on

    figures = build(ctx)

    assert figures["tables"] == 7
    assert figures["made_database"] == (at != "bg.build.roles")
    assert pair.blue("SELECT relreplident::text FROM pg_class WHERE relname = 'keyless'") == [("f",)]
    assert pair.green("SELECT relreplident::text FROM pg_class WHERE relname = 'keyless'") == [("d",)]
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []
    assert pair.blue("SELECT relreplident::text FROM pg_class WHERE relname = 'keyless'") == [("d",)]


@pytest.mark.parametrize("at", POINTS[2:])
def test_killed_anywhere_it_can_be_taken_back(pair: PairWorld, at: str) -> None:
    ctx = pair.begin()
    pair_dying.die(pair, ctx, "build", at=at)
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []
    assert pair.green("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")[0][0] == 0


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ("CREATE TABLE somebodys (id int)", "table public.somebodys"),
        ("CREATE SCHEMA theirs", "schema theirs"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1", "function public.f()"),
        ("CREATE TYPE colour AS ENUM ('red')", "type public.colour"),
        ("SELECT lo_from_bytea(0, 'x')", "large object"),
    ],
)
def test_a_green_that_is_not_empty_is_left_alone(pair: PairWorld, made: str, named: str) -> None:
    pair.green(made)
    ctx = pair.begin()

    with pytest.raises(GreenNotEmpty, match="BGR032") as refused:
        build(ctx)

    assert named in str(refused.value)
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []
    with pytest.raises(GreenNotEmpty):  # still there: nothing of others was taken away
        build(ctx)
    remove.everything(ctx, Ends.of(ctx))


def test_a_green_of_another_run_is_left_alone(pair: PairWorld) -> None:
    first = pair.begin()
    build(first)
    pair.end(first, "failed")
    second = pair.begin()
    with pytest.raises(GreenNotEmpty, match=first.run_id):
        build(second)
    remove.everything(second, Ends.of(second))
    remove.everything(first, Ends.of(first))
    assert pair.leftovers() == []


@pytest.mark.parametrize("conn_id", ["shop", "shop_green"])
def test_a_wrong_password_names_the_connection(pair: PairWorld, conn_id: str) -> None:
    ctx = pair.begin()
    right = pair.infos[conn_id]
    pair.infos[conn_id] = replace(right, password="wrong")
    with pytest.raises(ConnectionRefused, match=rf"{conn_id} .*password authentication failed") as refused:
        build(ctx)
    assert "wrong" not in str(refused.value).replace("went wrong", "")
    pair.infos[conn_id] = right
    build(ctx)
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []


def test_sql_that_does_not_run_is_named_and_can_be_mended_in_another_run(pair: PairWorld) -> None:
    ctx = pair.begin(
        pair.spec(files={"up.sql": "ALTER TABLE orders ADD COLUMN x int; ALTER TABLE orderz ADD COLUMN y int;"})
    )
    with pytest.raises(UpFailed, match='relation "orderz" does not exist'):
        build(ctx)
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []


def test_extensions_that_somebody_put_there_serve_design_and_green(pair: PairWorld) -> None:
    pair.both("CREATE EXTENSION vector")
    pair.blue("CREATE TABLE points (id int PRIMARY KEY, at vector(2)); INSERT INTO points VALUES (1, '[1,2]')")
    ctx = pair.begin()
    build(ctx)
    assert pair.green("SELECT count(*) FROM points") == [(0,)]
    remove.everything(ctx, Ends.of(ctx))
    assert pair.green("SELECT extname FROM pg_extension WHERE extname = 'vector'") == [("vector",)]
    assert pair.green("SELECT count(*) FROM pg_class WHERE relname = 'points'") == [(0,)]


def test_roles_come_with_password_and_memberships(pair: PairWorld, pg18: Cluster) -> None:
    pair.blue("CREATE ROLE pair_group; CREATE ROLE pair_login LOGIN PASSWORD 'open sesame' CONNECTION LIMIT 5")
    pair.blue("GRANT pair_group TO pair_login WITH ADMIN OPTION; GRANT SELECT ON customers TO pair_group")
    pair.blue("COMMENT ON ROLE pair_login IS 'who logs in'; GRANT pg_read_all_data TO pair_login")
    ctx = pair.begin()

    made = build(ctx)["roles"]

    assert {"pair_group", "pair_login"} <= set(made)
    login = replace(pair.green_info, user="pair_login", password="open sesame")
    assert run(login, "SELECT count(*) FROM customers") == [(0,)]
    assert pair.green(
        "SELECT rolconnlimit, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = 'pair_login'"
    ) == [(5, "who logs in")]
    remove.everything(ctx, Ends.of(ctx))
    with contextlib.closing(pg18.connect()) as db, pytest.raises(psycopg.errors.DuplicateObject):
        db.execute("CREATE ROLE pair_login")  # what others may rely on by now stays
