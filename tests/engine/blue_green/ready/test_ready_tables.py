"""What is said of blue's tables and of what else is in its database."""

from __future__ import annotations

import psycopg
import pytest

from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from support.pair_preflighting import Asked, MakePair, codes

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def asked(make_pair: MakePair, pg16: Cluster, pg18: Cluster, pooler: PgBouncer) -> Asked:
    """An empty blue."""
    return Asked(make_pair(pg16, pg18, load=False), pooler)


def test_names_that_blue_does_not_have(asked: Asked) -> None:
    asked.world.blue(
        "CREATE TABLE leads (id int PRIMARY KEY); CREATE SCHEMA crm; CREATE TABLE crm.users (id int PRIMARY KEY)"
    )
    tables = [{"name": "lead", "without_key": "full"}, {"name": "users", "without_key": "full"}, {"name": "leads"}]
    found = {f.object: f for f in asked.of("BG023", tables)}
    assert "did you mean public.leads?" in (found["public.lead"].fix or "")
    assert "did you mean crm.users" in (found["public.users"].fix or "")
    assert found["public.leads"].severity == "warning" and "says nothing" in found["public.leads"].message


@pytest.mark.parametrize(
    ("ddl", "words", "side_fixed"),
    [
        ("CREATE TABLE t (a int)", "no primary key", False),
        ("CREATE TABLE t (a int NOT NULL UNIQUE)", "no primary key", True),
        ("CREATE TABLE t (a int UNIQUE)", "over columns that may be NULL", False),
        ("CREATE TABLE t (a int PRIMARY KEY DEFERRABLE)", "t_pkey is DEFERRABLE", False),
        ("CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING", "IDENTITY NOTHING", True),
        (
            "CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a);"
            " ALTER TABLE t REPLICA IDENTITY USING INDEX i; DROP INDEX i",
            "an index that is gone",
            False,
        ),
    ],
)
def test_tables_whose_rows_nobody_can_tell_apart(asked: Asked, ddl: str, words: str, side_fixed: bool) -> None:
    asked.world.blue(ddl)
    found = asked.one("BG024")
    assert (found.severity, found.object) == ("error", "public.t") and words in found.message
    assert "without_key: full" in (found.fix or "")
    if side_fixed:
        asked.mends("BG024", "blue")
    for decided in ("full", "ignore"):
        assert asked.of("BG024", [{"name": "t", "without_key": decided}]) == []


def test_the_price_of_full_and_of_ignore(asked: Asked) -> None:
    asked.world.blue(
        "CREATE TABLE small (a int); CREATE TABLE big (a int); INSERT INTO big SELECT generate_series(1, 20000);"
        "CREATE TABLE dumb (a json); CREATE TABLE keyed (id int PRIMARY KEY); ANALYZE"
    )
    wishes = [{"name": name, "without_key": "full"} for name in ("small", "big", "dumb", "keyed")]
    said = {f.object: f for f in asked.of("BG025", wishes)}
    assert {name: f.severity for name, f in said.items()} == {
        "public.small": "info",
        "public.big": "warning",
        "public.dumb": "error",
        "public.keyed": "warning",
    }
    assert "a (json)" in said["public.dumb"].message and "has a key" in said["public.keyed"].message


def test_what_is_not_followed_is_said(asked: Asked) -> None:
    asked.world.blue("CREATE TABLE t (a int); INSERT INTO t VALUES (1); ANALYZE")
    found = asked.one("BG025", [{"name": "t", "without_key": "ignore"}])
    assert found.severity == "warning" and "missing on green" in found.message and "1 rows now" in found.message


@pytest.mark.parametrize(
    ("ddl", "severity", "words"),
    [
        ("CREATE TABLE t (a int PRIMARY KEY)", "info", "though t_pkey would do"),
        ("CREATE TABLE t (a int NOT NULL UNIQUE, b xml)", "error", "b (xml)"),
        ("CREATE TABLE t (a int)", "warning", "without a key"),
        ("CREATE TABLE t (a point)", "error", "a (point)"),
    ],
)
def test_identity_full_of_its_own(asked: Asked, ddl: str, severity: str, words: str) -> None:
    asked.world.blue(f"{ddl}; ALTER TABLE t REPLICA IDENTITY FULL")
    found = asked.one("BG026")
    assert found.severity == severity and words in found.message


def test_types_that_can_be_compared_are_not_called_dumb(asked: Asked) -> None:
    asked.world.blue(
        "CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN word AS varchar(9); CREATE TYPE pair AS (x int, y int);"
        "CREATE TABLE t (a varchar(3), b mood, c word, d int[], e tstzrange, f uuid, g jsonb, h inet, i bpchar(2),"
        " j name, k numeric(4,1), l bytea, m interval, n pair, o macaddr, p bit(3), q cidr, r tsvector, s oid);"
        "ALTER TABLE t REPLICA IDENTITY FULL"
    )
    assert asked.one("BG026").severity == "warning"


def test_unlogged_foreign_and_temporary_tables(asked: Asked, pg16: Cluster) -> None:
    asked.world.blue("CREATE UNLOGGED TABLE cache (id int PRIMARY KEY)")
    assert "empty on green" in asked.one("BG027").message
    asked.mends("BG027", "blue")
    with psycopg.connect(asked.world.blue_info.conninfo(), autocommit=True) as other:
        other.execute("CREATE TEMP TABLE mine (a int)")
        assert "mine" in asked.one("BG029").message
    asked.world.blue("CREATE FOREIGN DATA WRAPPER none; CREATE SERVER crm FOREIGN DATA WRAPPER none;"
                     "CREATE FOREIGN TABLE far (a int) SERVER crm")  # fmt: skip
    found = asked.one("BG028")
    assert found.object == "foreign server crm" and "public.far" in found.message and found.severity == "warning"


def test_large_objects(asked: Asked) -> None:
    asked.world.blue("SELECT lo_create(0), lo_create(0)")
    found = asked.one("BG030")
    assert found.severity == "error" and "2 large objects" in found.message
    left = asked.one("BG030", replication={"large_objects": "leave"})
    assert left.severity == "warning" and "stay behind" in left.message


def test_partitions_generated_columns_rules_and_views(asked: Asked) -> None:
    asked.world.blue(
        "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE TABLE p2 PARTITION OF p DEFAULT;"
        "CREATE TABLE g (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);"
        "CREATE RULE r AS ON DELETE TO g DO INSTEAD NOTHING;"
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a"
    )
    found = asked.findings()
    said = {f.code: f for f in found if f.severity == "info"}
    assert "its 2 partitions" in said["BG031"].message
    assert "twice" in said["BG032"].message
    assert "(r)" in said["BG035"].message
    assert "public.m" in said["BG037"].message
    assert codes(found, "error") == set(), found


def test_sequences_of_every_kind(asked: Asked) -> None:
    asked.world.blue(
        "CREATE TABLE t (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY);"
        "CREATE SEQUENCE free; CREATE SEQUENCE down INCREMENT -1; CREATE SEQUENCE round MAXVALUE 3 CYCLE"
    )
    found = asked.one("BG033")
    assert found.severity == "info" and "5 sequences, 3 of them of no column" in found.message
    assert "public.down (counts down), public.round (cycles)" in found.message


def test_triggers_that_fire_twice(asked: Asked) -> None:
    asked.world.blue(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN"
        " new; END';CREATE TRIGGER loud BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE"
        " ALWAYS TRIGGER loud;CREATE TRIGGER plain BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
    )
    found = asked.mends("BG034", "blue")
    assert found.severity == "warning" and "trigger loud (public.f) is ENABLE ALWAYS" in found.message


def test_event_triggers(asked: Asked) -> None:
    asked.world.blue(
        "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION seen()"
    )
    found = asked.one("BG036")
    assert found.severity == "warning" and "at ddl_command_end for CREATE TABLE" in found.message
    asked.world.green("CREATE ROLE pair_ready LOGIN PASSWORD 'x' CREATEDB")
    asked.as_role("green", "pair_ready", "x")
    found = asked.one("BG036")
    assert found.severity == "error" and "only a superuser" in found.message


def test_extensions(asked: Asked, pg16: Cluster, pg18: Cluster) -> None:
    """The wheels have pgvector alone; it is not trusted."""
    asked.world.blue("CREATE EXTENSION vector; CREATE TABLE t (id int PRIMARY KEY, v vector(3))")
    assert [f.severity for f in asked.of("BG038")] == []
    asked.world.green("CREATE ROLE pair_ready LOGIN PASSWORD 'x' CREATEDB")
    asked.as_role("green", "pair_ready", "x")
    found = asked.one("BG038")
    assert found.severity == "error" and "only a superuser" in found.message
    admin = pg18.info(dbname=asked.world.green_info.dbname)
    asked.world.infos["shop_green"] = admin
    for statement in (found.fix or "").split(" -- ")[0].split(";"):
        if statement.strip():
            asked.world.green(statement)
    asked.as_role("green", "pair_ready", "x")
    assert asked.of("BG038") == []
    assert asked.of("BG043") == []


def test_extensions_of_another_version_or_not_there(asked: Asked) -> None:
    from dataclasses import replace

    from cutover.postgres.preflight_pair import judge

    asked.world.blue("CREATE EXTENSION vector")
    pair = asked.facts()
    other = [replace(a, version="9.9") if a.name == "vector" else a for a in pair.green.available]
    (found,) = [f for f in judge(replace(pair, green=replace(pair.green, available=other))) if f.code == "BG038"]
    assert found.severity == "warning" and "version 9.9" in found.message
    none = [a for a in other if a.name != "vector"]
    (found,) = [f for f in judge(replace(pair, green=replace(pair.green, available=none))) if f.code == "BG038"]
    assert found.severity == "error" and "does not have it" in found.message
    (installed,) = pair.blue.extensions
    settings = replace(pair.blue, extensions=[replace(installed, config=["public.spatial_ref_sys"])])
    (found,) = [f for f in judge(replace(pair, blue=settings)) if f.code == "BG038"]
    assert found.severity == "info" and "spatial_ref_sys" in found.message


def test_a_collation_that_green_lacks(make_pair: MakePair, pg15: Cluster, pg18: Cluster, pooler: PgBouncer) -> None:
    """Debian's server has ICU, the wheels' have not."""
    asked = Asked(make_pair(pg15, pg18, load=False), pooler)
    asked.world.blue('CREATE TABLE t (id int PRIMARY KEY, a text COLLATE "de-x-icu")')
    found = asked.one("BG040")
    assert found.severity == "error" and found.object == 'collation pg_catalog."de-x-icu"'


def test_tablespaces(asked: Asked, pg16: Cluster, pg18: Cluster) -> None:
    from localstack.accounts import own
    from localstack.throwaway import fresh_folder

    made = []
    for cluster in (pg16, pg18):
        folder = fresh_folder("space")
        folder.mkdir()
        own(folder)
        made.append((cluster, folder))
    blue, green = asked.world.blue, asked.world.green
    blue(f"CREATE TABLESPACE slow LOCATION '{made[0][1]}'")
    try:
        blue("CREATE TABLE t (id int PRIMARY KEY) TABLESPACE slow")
        found = asked.one("BG041")
        assert found.severity == "error" and "does not have it" in found.message
        green(f"CREATE TABLESPACE slow LOCATION '{made[1][1]}'")
        assert asked.one("BG041").severity == "info"
        green("CREATE ROLE pair_ready LOGIN PASSWORD 'x' CREATEDB")
        asked.as_role("green", "pair_ready", "x")
        found = asked.one("BG041")
        assert found.severity == "error" and "may make nothing there" in found.message
    finally:
        asked.as_role("green", "postgres", pg18.password)
        blue("DROP TABLE t")
        blue("DROP TABLESPACE slow")
        green("DROP TABLESPACE slow")


def test_settings_of_the_database(asked: Asked) -> None:
    blue = asked.world.blue_info.dbname
    asked.world.blue(f"ALTER DATABASE {blue} SET work_mem = '8MB'")
    found = asked.one("BG042")
    assert found.severity == "info" and "work_mem = 8MB for everybody will be set on green" in found.message
    asked.world.green(f"ALTER DATABASE {asked.world.green_info.dbname} SET work_mem = '9MB'")
    assert "is 9MB on green, and will be changed" in asked.one("BG042").message


def test_green_is_not_empty(asked: Asked) -> None:
    asked.world.green(
        "CREATE TABLE there (a int); CREATE SCHEMA other; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    )
    found = asked.one("BG043")
    assert found.severity == "error" and "is not empty" in found.message
    assert all(word in found.message for word in ("there", "other", "f()"))


def test_a_journal_in_the_database_that_moves(asked: Asked) -> None:
    asked.world.blue("CREATE SCHEMA cutover_journal")
    assert asked.one("BG044").object.startswith("blue")
