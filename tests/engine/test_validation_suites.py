"""Suites run by Great Expectations against the new side: what they find, and what they must not do or say."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.context import CancelToken
from cutover.errors import Cancelled, ConnectionRefused
from cutover.journal.check import Check
from cutover.postgres.connect import connect
from cutover.validation import suites
from cutover.validation.suites import SuiteBroken, SuiteCannotRun, SuiteTable, SuiteUnknown
from localstack.cluster import Cluster
from support.following import drain, follow, writers
from support.rowdiffing import run

TABLE = SuiteTable("public.lead", ("shadow", "lead"), ("public", "lead"), ("id",), ("id",))
SETUP = (
    "CREATE SCHEMA shadow",
    "CREATE TABLE owner (id int PRIMARY KEY, name text)",
    "CREATE TABLE lead (id int PRIMARY KEY, email text NOT NULL, a int, b int, owner int REFERENCES owner,"
    " UNIQUE (a, b), CONSTRAINT lead_email UNIQUE (email))",
    "CREATE TABLE note (id int PRIMARY KEY, lead int REFERENCES lead)",
    "CREATE TABLE shadow.lead (id int, email text, a int, b int, owner int, preferences jsonb)",
    "INSERT INTO owner VALUES (1, 'o'), (2, 'p')",
    "INSERT INTO lead SELECT g, 'u' || g || '@x.org', g, nullif(g % 3, 0), nullif(g % 3, 0)"
    " FROM generate_series(1, 100) AS g",
    "INSERT INTO note SELECT g, g FROM generate_series(1, 50) AS g",
    "INSERT INTO shadow.lead SELECT * FROM lead",
)


RESET = ("DROP SCHEMA IF EXISTS public, live, shadow CASCADE", "CREATE SCHEMA public")


@pytest.fixture(scope="module")
def empty16(pg16: Cluster) -> Iterator[ConnectionInfo]:
    yield pg16.create_database("suites")
    pg16.drop_database("suites")


@pytest.fixture(scope="module")
def empty18(pg18: Cluster) -> Iterator[ConnectionInfo]:
    yield pg18.create_database("suites")
    pg18.drop_database("suites")


@pytest.fixture
def info18(empty18: ConnectionInfo) -> ConnectionInfo:
    run(empty18, *RESET, *SETUP)
    return empty18


@pytest.fixture(params=["empty16", "empty18"])
def info(request: pytest.FixtureRequest) -> ConnectionInfo:
    empty: ConnectionInfo = request.getfixturevalue(request.param)
    run(empty, *RESET, *SETUP)
    return empty


def check(info: ConnectionInfo, *names: str, table: SuiteTable = TABLE, **options: Any) -> dict[str, Check]:
    """Run suites; returns their checks by name."""
    found = suites.run(info, migration="leads_v2", suites=names, tables=[table], **options)
    assert len({one.name for one in found}) == len(found)
    return {one.name: one for one in found}


def failed(found: dict[str, Check]) -> dict[str, str]:
    return {name: one.summary for name, one in found.items() if not one.ok}


def suite(folder: Path, *expectations: dict[str, Any], name: str = "own", **more: Any) -> Path:
    """Write a suite; returns its folder."""
    (folder / f"{name}.json").write_text(json.dumps({"name": name, "expectations": expectations, **more}))
    return folder


def rows_where(condition: str, severity: str = "critical") -> dict[str, Any]:
    query = f"SELECT * FROM {{batch}} WHERE {condition}"
    return {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}, "severity": severity}


# -- the suites that are shipped -------------------------------------------------------------------


def test_the_shipped_suites_pass_on_a_faithful_copy(info: ConnectionInfo) -> None:
    found = check(info, "row_counts", "integrity")
    assert failed(found) == {}
    assert set(found) == {
        "row_counts: as many rows as the live side",
        "row_counts: not empty",
        "integrity: no NULL in key column id",
        "integrity: no NULL in email, which is NOT NULL on the live side",
        "integrity: id is unique (lead_pkey)",
        "integrity: email is unique (lead_email)",
        "integrity: a, b are unique together (lead_a_b_key)",
        "integrity: no orphans: owner -> public.owner (lead_owner_fkey)",
        "integrity: no orphans in public.note, which refers to id (note_lead_fkey)",
    }
    assert {one.code for one in found.values()} == {"SUITE"}
    assert {one.object for one in found.values()} == {"public.lead"}


@pytest.mark.parametrize(
    ("fault", "name", "summary", "severity"),
    [
        (
            "DELETE FROM shadow.lead WHERE id = 99",
            "row_counts: as many rows as the live side",
            "found 99, expected 100",
            "error",
        ),
        (
            "UPDATE shadow.lead SET id = NULL WHERE id = 99",
            "integrity: no NULL in key column id",
            "1 of 100 values are not as expected",
            "error",
        ),
        (
            "UPDATE shadow.lead SET email = NULL WHERE id > 97",
            "integrity: no NULL in email, which is NOT NULL on the live side",
            "3 of 100 values are not as expected",
            "warning",
        ),
        (
            "UPDATE shadow.lead SET id = 98 WHERE id = 99",
            "integrity: id is unique (lead_pkey)",
            "2 of 100 values are not as expected",
            "error",
        ),
        (
            "UPDATE shadow.lead SET a = 1, b = 1 WHERE id = 100",
            "integrity: a, b are unique together (lead_a_b_key)",
            "2 of 100 values are not as expected",
            "error",
        ),
        (
            "UPDATE shadow.lead SET owner = 77 WHERE id IN (1, 2)",
            "integrity: no orphans: owner -> public.owner (lead_owner_fkey)",
            "found 2",
            "error",
        ),
        (
            "DELETE FROM shadow.lead WHERE id = 7; INSERT INTO shadow.lead VALUES (500, 'e', 500, 1, 1)",
            "integrity: no orphans in public.note, which refers to id (note_lead_fkey)",
            "found 1",
            "error",
        ),
    ],
)
def test_each_fault_is_found_by_its_expectation_alone(
    info18: ConnectionInfo, fault: str, name: str, summary: str, severity: str
) -> None:
    run(info18, fault)
    found = check(info18, "row_counts", "integrity")
    assert failed(found) == {name: summary}
    assert found[name].severity == severity
    assert found[name].blocks is (severity == "error")


def test_an_empty_table_is_worth_a_warning(info18: ConnectionInfo) -> None:
    run(info18, "TRUNCATE shadow.lead, lead, note")
    found = check(info18, "row_counts")
    assert failed(found) == {"row_counts: not empty": "found 0"}
    assert not found["row_counts: not empty"].blocks


def test_null_in_a_unique_key_is_no_duplicate(info18: ConnectionInfo) -> None:
    """(a, b) holds NULLs in a third of the rows: a UNIQUE constraint lets them be, and so does the suite."""
    run(info18, "UPDATE lead SET a = 0 WHERE b IS NULL", "UPDATE shadow.lead SET a = 0 WHERE b IS NULL")
    assert failed(check(info18, "integrity")) == {}


def test_dropped_and_renamed_columns_are_not_asked_for(info18: ConnectionInfo) -> None:
    run(info18, "ALTER TABLE shadow.lead DROP email", "ALTER TABLE shadow.lead RENAME owner TO owned_by")
    found = check(info18, "integrity")
    assert failed(found) == {}
    assert not [name for name in found if "email" in name or "owner" in name]


def test_names_that_need_quoting_and_worse(info: ConnectionInfo) -> None:
    """Great Expectations formats names into SQL as text; it never gets to see these."""
    odd = 'Li:ne %s{0} "q"'
    name, column = sql.Identifier(odd).as_string(), sql.Identifier("V:x {y} %s").as_string()
    columns = f'("Id" int PRIMARY KEY, {column} text NOT NULL, "Owner" int CONSTRAINT "o:{{f}}%" REFERENCES owner)'
    run(info, f"CREATE TABLE {name} {columns}", f"CREATE TABLE shadow.{name} (LIKE {name})")
    run(info, f"INSERT INTO {name} SELECT g, g, 1 FROM generate_series(1, 9) AS g")
    run(info, f"INSERT INTO shadow.{name} SELECT * FROM {name}")
    table = SuiteTable(odd, ("shadow", odd), ("public", odd), ("Id",), ("Id",))
    assert failed(check(info, "row_counts", "integrity", table=table)) == {}
    run(info, f'UPDATE shadow.{name} SET "Owner" = 5', f'DELETE FROM shadow.{name} WHERE "Id" = 9')
    assert failed(check(info, "row_counts", "integrity", table=table)) == {
        "row_counts: as many rows as the live side": "found 8, expected 9",
        "integrity: no orphans: Owner -> public.owner (o:{f}%)": "found 8",
    }


# -- suites of one's own ---------------------------------------------------------------------------


def test_custom_sql_parameters_and_comparison(info: ConnectionInfo, tmp_path: Path) -> None:
    """Plain names mean the new side in `subject`, the live one in `comparison`; views give both in both."""
    query = "SELECT count(*) AS n, sum(id) AS s FROM "
    comparing = {
        "type": "expect_query_results_to_match_comparison",
        "description": "sums",
        "kwargs": {
            "base_query": query + "lead",
            "comparison_data_source_name": "comparison",
            "comparison_query": query + "lead",
        },
    }
    limit = {
        "type": "expect_column_max_to_be_between",
        "description": "ids below the limit",
        "kwargs": {"column": "id", "max_value": {"$PARAMETER": "highest_id"}},
    }
    joined = {
        "type": "unexpected_rows_expectation",
        "description": "same owner",
        "kwargs": {
            "unexpected_rows_query": "SELECT s.id FROM subject s JOIN comparison c USING (id) WHERE s.owner <> c.owner"
        },
    }
    folder = suite(tmp_path, comparing, limit, joined, {**rows_where("email NOT LIKE '%@%'"), "description": "mails"})
    options: dict[str, Any] = {"folder": folder, "parameters": {"highest_id": 100}}
    assert failed(check(info, "own", **options)) == {}
    run(
        info,
        "UPDATE shadow.lead SET id = 1000, email = 'none' WHERE id = 3",
        "UPDATE shadow.lead SET owner = 2 WHERE id = 1",
    )
    assert failed(check(info, "own", **options)) == {
        "own: sums": "1 rows of the results differ",
        "own: ids below the limit": "found 1,000",
        "own: same owner": "found 1",
        "own: mails": "found 1",
    }


def test_severities(info18: ConnectionInfo, tmp_path: Path) -> None:
    levels = {"critical": "error", "warning": "warning", "info": "info"}
    expectations = [{**rows_where(f"id = {n}", level), "description": level} for n, level in enumerate(levels, start=1)]
    found = check(info18, "own", folder=suite(tmp_path, *expectations))
    assert {one.name.removeprefix("own: "): one.severity for one in found.values()} == levels
    assert [one.name for one in found.values() if one.blocks] == ["own: critical"]


def test_a_migrations_own_suite_comes_first(info18: ConnectionInfo, tmp_path: Path) -> None:
    suite(tmp_path, {**rows_where("false"), "description": "shared"}, name="twice")
    (tmp_path / "leads_v2").mkdir()
    suite(tmp_path / "leads_v2", {**rows_where("false"), "description": "its own"}, name="twice")
    assert list(check(info18, "twice", folder=tmp_path)) == ["twice: its own"]


def test_a_suite_for_some_tables_only(info18: ConnectionInfo, tmp_path: Path) -> None:
    folder = suite(tmp_path, rows_where("false"), meta={"tables": ["public.lead"]})
    other = replace(TABLE, label="public.other")
    found = suites.run(info18, migration="leads_v2", suites=["own"], tables=[TABLE, other], folder=folder)
    assert [one.object for one in found] == ["public.lead"]
    with pytest.raises(SuiteBroken, match=r"public\.lead, which the migration does not touch"):
        suites.run(info18, migration="leads_v2", suites=["own"], tables=[other], folder=folder)


def test_a_suite_that_has_nothing_to_say_says_so(info18: ConnectionInfo, tmp_path: Path) -> None:
    """A suite whose templates found no fact must not look like one that passed."""
    folder = suite(tmp_path, {**rows_where("false"), "meta": {"for_each": "foreign_key"}})
    table = replace(TABLE, subject=("public", "owner"), live=("public", "owner"))
    (found,) = check(info18, "own", folder=folder, table=table).values()
    assert (found.ok, found.severity, found.blocks) == (False, "info", False)
    assert "nothing was checked" in found.summary


def test_across_two_databases_and_versions(pg16: Cluster, info18: ConnectionInfo, tmp_path: Path) -> None:
    blue = pg16.create_database("blue")
    run(blue, *SETUP)
    green = replace(TABLE, subject=("shadow", "lead"))
    assert failed(check(info18, "row_counts", "integrity", table=green, comparison=blue)) == {}
    run(blue, "DELETE FROM lead WHERE id = 100")
    assert failed(check(info18, "row_counts", table=green, comparison=blue)) == {
        "row_counts: as many rows as the live side": "found 100, expected 99"
    }
    pg16.drop_database("blue")


# -- broken suites ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"expectations": [}', r"own\.json, line 1"),
        ("[]", "is no suite"),
        ('{"expectations": []}', "is no suite"),
        ('{"expectations": [{"type": "x"}], "expectation": 1}', r"unknown key\(s\) expectation"),
        ('{"expectations": [{"kwargs": {}}]}', "expectation 1: an expectation needs a 'type'"),
        ('{"expectations": [{"type": "x", "severity": "fatal"}]}', "severity 'fatal'"),
        ('{"expectations": [{"type": "x", "sevrity": "info"}]}', r"unknown key\(s\) sevrity"),
        ('{"expectations": [{"type": "expect_the_unexpected", "kwargs": {}}]}', r"own\.json"),
        ('{"expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"colum": "a"}}]}', "colum"),
        ('{"expectations": [{"type": "x", "meta": {"for_each": "moon"}}]}', "for_each 'moon' is unknown"),
        (
            '{"expectations": [{"type": "x", "kwargs": {"column": "<colour>"}, "meta": {"for_each": "key_column"}}]}',
            "no <colour>",
        ),
        (
            '{"expectations": [{"type": "x", "kwargs": {"q": "select <column>"}, "meta": {"for_each": "key_column"}}]}',
            "nothing would quote it",
        ),
    ],
)
def test_a_broken_suite_is_refused_with_its_file(info18: ConnectionInfo, tmp_path: Path, text: str, said: str) -> None:
    """Great Expectations itself logs some of these and goes on: a check that never runs never fails."""
    (tmp_path / "own.json").write_text(text)
    with pytest.raises(SuiteBroken, match=said):
        check(info18, "own", folder=tmp_path)


@pytest.mark.parametrize("name", ["nope", "../row_counts", "leads_v2/own", ""])
def test_an_unknown_suite_is_refused_with_those_there_are(info18: ConnectionInfo, tmp_path: Path, name: str) -> None:
    suite(tmp_path, rows_where("false"))
    with pytest.raises(SuiteUnknown, match="there is no suite") as caught:
        check(info18, name, folder=tmp_path)
    assert "own" in (caught.value.fix or "")


def test_the_shipped_suites_are_in_the_repositorys_folder() -> None:
    folder = suites.files.default_folder()
    assert {path.stem for path in folder.glob("*.json")} >= {"row_counts", "integrity"}
    for path in folder.rglob("*.json"):
        assert suites.files.load(folder, path.parent.name if path.parent != folder else "any", path.stem).expectations


def test_an_expectation_that_cannot_be_computed_fails_with_the_servers_words(
    info18: ConnectionInfo, tmp_path: Path
) -> None:
    folder = suite(
        tmp_path, {**rows_where("nonsense = 1"), "description": "bad"}, {**rows_where("false"), "description": "good"}
    )
    found = check(info18, "own", folder=folder)
    assert found["own: good"].ok
    assert found["own: bad"].blocks
    assert found["own: bad"].summary.startswith('could not be computed: column "nonsense" does not exist')
    assert "Traceback" not in json.dumps(found["own: bad"].as_dict())


# -- what suites must not do -----------------------------------------------------------------------


def test_a_suite_cannot_write(info18: ConnectionInfo, tmp_path: Path) -> None:
    """Not even what no rollback undoes."""
    run(info18, "CREATE SEQUENCE written")
    folder = suite(tmp_path, {**rows_where("nextval('public.written') < 0"), "description": "writes"})
    found = check(info18, "own", folder=folder)
    assert "read-only transaction" in failed(found)["own: writes"]
    with connect(info18) as db:
        assert db.execute("SELECT is_called FROM public.written").fetchone() == (False,)


def test_the_password_is_nowhere(
    pg18: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in checks, logs or output; not when an expectation breaks, nor when the login fails."""
    secret = "gehe/im%40:x"
    info = pg18.create_database("suites_secret")
    run(info, *SETUP, "DROP ROLE IF EXISTS suite_reader", f"CREATE ROLE suite_reader LOGIN PASSWORD '{secret}'")
    run(
        info,
        "GRANT USAGE ON SCHEMA shadow TO suite_reader",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public, shadow TO suite_reader",
    )
    reader = replace(info, user="suite_reader", password=secret)
    folder = suite(tmp_path, rows_where("nonsense = 1"), rows_where("id > 5"))
    caplog.set_level(logging.DEBUG)
    found = check(reader, "own", folder=folder)
    with pytest.raises(ConnectionRefused) as refused:
        check(replace(reader, user="nobody_at_all"), "own", folder=folder)
    said = json.dumps([one.as_dict() for one in found.values()]) + caplog.text + "".join(capfd.readouterr())
    said += str(refused.value) + repr(reader)
    for form in (secret, "gehe%2Fim%2540%3Ax"):
        assert form not in said
    pg18.drop_database("suites_secret")


def test_a_role_without_temporary_objects_is_told_what_to_grant(pg18: Cluster) -> None:
    info = pg18.create_database("suites_grant")
    run(info, *SETUP, "DROP ROLE IF EXISTS suite_poor", "CREATE ROLE suite_poor LOGIN PASSWORD 'x'")
    run(
        info,
        "GRANT USAGE ON SCHEMA shadow TO suite_poor",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public, shadow TO suite_poor",
    )
    run(info, "REVOKE TEMPORARY ON DATABASE suites_grant FROM PUBLIC")
    poor = replace(info, user="suite_poor", password="x")
    with pytest.raises(SuiteCannotRun) as caught:
        check(poor, "row_counts")
    assert 'GRANT TEMPORARY ON DATABASE "suites_grant" TO "suite_poor"' in (caught.value.fix or "")
    pg18.drop_database("suites_grant")


def test_no_session_is_left(info18: ConnectionInfo) -> None:
    check(info18, "row_counts", "integrity")
    with connect(info18) as db:
        row = db.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row == (0,)


def test_an_operator_stops_it(info18: ConnectionInfo, tmp_path: Path) -> None:
    folder = suite(tmp_path, rows_where("(SELECT true FROM pg_sleep(60))"))
    token, caught = CancelToken(), []

    def work() -> None:
        try:
            check(info18, "own", folder=folder, cancel=token)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 60
    with connect(info18) as db:
        while time.monotonic() < deadline:
            if db.execute("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'").rowcount:
                break
            threading.Event().wait(0.05)
    started = time.monotonic()
    token.cancel()
    thread.join(30)
    assert time.monotonic() - started < 10
    assert isinstance(caught[0], Cancelled)


# -- beside writers --------------------------------------------------------------------------------


@pytest.fixture
def followed(info18: ConnectionInfo) -> ConnectionInfo:
    run(info18, "CREATE SCHEMA live", "CREATE TABLE live.t (id int PRIMARY KEY, n text, v float8)")
    run(info18, "CREATE TABLE shadow.t (LIKE live.t)", "CREATE INDEX ON shadow.t (id)")
    run(
        info18,
        "INSERT INTO live.t SELECT g, g, g FROM generate_series(1, 2000) AS g",
        "INSERT INTO shadow.t SELECT * FROM live.t",
    )
    follow(info18)
    return info18


FOLLOWED = SuiteTable(
    "live.t", ("shadow", "t"), ("live", "t"), ("id",), ("id",), pending=sql.Identifier("shadow", "log")
)


def test_suites_beside_writers(followed: ConnectionInfo) -> None:
    """Both sides in one snapshot, without the rows that are on their way: exactly equal, however long it takes."""
    with writers(followed, 2000, threads=1):
        for _ in range(3):
            found = check(followed, "row_counts", "integrity", table=FOLLOWED, settle=lambda: drain(followed))
            assert failed(found) == {}
        run(followed, "INSERT INTO shadow.t VALUES (99999)")
        found = check(followed, "row_counts", table=FOLLOWED, settle=lambda: drain(followed))
        assert list(failed(found)) == ["row_counts: as many rows as the live side"]


def test_rows_in_flight_are_left_out_and_counted(followed: ConnectionInfo) -> None:
    run(followed, "UPDATE live.t SET n = NULL WHERE id <= 10", "INSERT INTO live.t VALUES (5000)")
    found = check(followed, "row_counts", table=FOLLOWED)
    assert failed(found) == {}
    first = found["row_counts: as many rows as the live side"]
    assert (first.figures["rows_in_flight"], first.figures["observed_value"]) == (11, 1990)


def test_a_truncate_that_never_arrives(followed: ConnectionInfo) -> None:
    """With everything on its way there is nothing to compare: that is no pass."""
    run(followed, "TRUNCATE live.t")
    with pytest.raises(SuiteCannotRun, match=r"TRUNCATE of live\.t"):
        check(followed, "row_counts", table=FOLLOWED, patience=0)
    assert failed(check(followed, "row_counts", table=FOLLOWED, settle=lambda: drain(followed))) == {
        "row_counts: not empty": "found 0"
    }
