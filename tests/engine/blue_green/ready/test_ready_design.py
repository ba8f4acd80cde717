"""What the migration's SQL means for replication, there and back: each difference by its verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cutover.postgres.preflight_pair.types import verdict
from support.pair_preflighting import Asked, codes

pytestmark = pytest.mark.timeout(180)

LEADS = """
CREATE TABLE users (id int PRIMARY KEY, name text);
INSERT INTO users VALUES (1, 'ada'), (2, 'bob');
CREATE TABLE leads (
    id int PRIMARY KEY, email text, code text NOT NULL, amount numeric(10,2), at timestamptz DEFAULT now(),
    owner_id int, flag boolean NOT NULL DEFAULT false, whole text GENERATED ALWAYS AS (code || '!') STORED
);
INSERT INTO leads (id, email, code, amount, owner_id)
    SELECT i, 'u' || i % 40, 'c' || i, i + 0.25, 1 + i % 3 FROM generate_series(1, 50) i;
CREATE TABLE notes (lead int, note text);
CREATE TYPE kind AS ENUM ('a', 'b');
CREATE DOMAIN score AS int CHECK (VALUE > 0);
CREATE TABLE kinds (id int PRIMARY KEY, kind kind, score score);
CREATE TABLE events (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ANALYZE;
"""
NOTES = {"name": "notes", "without_key": "full"}


@pytest.fixture(scope="module")
def leads(lasting_asked: Callable[[str], Asked]) -> Asked:
    """One pair for all: none of these tests changes it."""
    return lasting_asked(LEADS)


def lead(**more: Any) -> list[dict[str, Any]]:
    """The spec's tables: ``leads`` with ``columns`` or ``reverse``, and what the keyless one needs."""
    return [{"name": "leads", **more}, NOTES] if more else [NOTES]


# (up.sql, what the spec says of leads, code, severity, object ends with, words of the message)
CASES: list[tuple[str, dict[str, Any], str, str, str, str]] = [
    ("ALTER TABLE leads RENAME TO clients", {}, "BG059", "error", "leads", "makes it public.clients"),
    ("ALTER TABLE leads SET SCHEMA pg_temp_x", {}, "BG057", "error", "up.sql", "does not exist"),
    ("DROP TABLE users", {}, "BG059", "warning", "users", "its rows are not carried"),
    ("DROP TABLE events_1", {}, "BG059", "error", "events_1", "its rows have nowhere to go"),
    ("ALTER TABLE leads RENAME email TO mail", {}, "BG060", "error", "leads", "renames column email to mail"),
    ("ALTER TABLE leads DROP code CASCADE", {}, "BG061", "error", "leads.code", "stops at the first new row"),
    (
        "ALTER TABLE leads DROP code CASCADE",
        {"reverse": {"code": "email"}},
        "BG061",
        "info",
        "leads.code",
        "gets email",
    ),
    ("ALTER TABLE leads DROP email", {}, "BG061", "warning", "leads.email", "new rows get NULL"),
    ("ALTER TABLE leads DROP flag", {}, "BG061", "warning", "leads.flag", "its default false"),
    ("ALTER TABLE leads DROP id", {}, "BG061", "error", "leads.id", "rows of blue are known by it"),
    ("ALTER TABLE leads ADD score int NOT NULL", {}, "BG062", "error", "leads.score", "stop at the first row"),
    ("ALTER TABLE leads ADD s int NOT NULL", {"columns": {"s": "id * 2"}}, "BG062", "info", "leads.s", "as id * 2"),
    ("ALTER TABLE leads ADD score int NOT NULL DEFAULT 0", {}, "BG062", "info", "leads.score", "its default 0"),
    ("ALTER TABLE leads ADD score int", {}, "BG062", "info", "leads.score", "get NULL"),
    ("ALTER TABLE leads ADD born timestamptz NOT NULL DEFAULT now()", {}, "BG062", "info", "born", "as it arrives"),
    ("ALTER TABLE leads ADD n bigint GENERATED ALWAYS AS IDENTITY", {}, "BG062", "info", "leads.n", "an identity"),
    ("ALTER TABLE leads ALTER id TYPE bigint", {}, "BG063", "info", "leads.id", "every value fits"),
    ("ALTER TABLE leads ALTER id TYPE bigint", {}, "BG063", "warning", "leads.id", "stops the way back"),
    ("ALTER TABLE leads ALTER email TYPE varchar(3)", {}, "BG063", "warning", "leads.email", "all 50 rows fit now"),
    ("ALTER TABLE leads ALTER email TYPE varchar(2)", {}, "BG063", "error", "leads.email", "31 of 50 rows do not fit"),
    ("ALTER TABLE leads ALTER amount TYPE numeric(10,1)", {}, "BG063", "warning", "leads.amount", "rounded"),
    ("ALTER TABLE leads ALTER amount TYPE numeric(4,2)", {}, "BG063", "warning", "leads.amount", "all 50 rows fit"),
    ("ALTER TABLE leads ALTER amount TYPE numeric(3,2)", {}, "BG063", "error", "leads.amount", "of 50 rows do not fit"),
    ("ALTER TABLE leads ALTER at TYPE timestamp", {}, "BG063", "warning", "leads.at", "time zone"),
    (
        "ALTER TABLE leads ALTER flag DROP DEFAULT, ALTER flag TYPE text",
        {},
        "BG063",
        "error",
        "flag",
        "different values",
    ),
    ("ALTER TABLE leads DROP CONSTRAINT leads_pkey", {}, "BG064", "error", "leads", "no key to find its rows by"),
    (
        "ALTER TABLE leads DROP CONSTRAINT leads_pkey, ADD PRIMARY KEY (id, code)",
        {},
        "BG064",
        "error",
        "leads",
        "blue does not send code",
    ),
    ("ALTER TABLE leads ALTER email SET NOT NULL", {}, "BG065", "warning", "leads.email", "stops replication"),
    ("ALTER TABLE leads ADD CHECK (amount > 0)", {}, "BG066", "warning", "leads_amount_check", "stops replication"),
    ("ALTER TABLE leads ADD CHECK (amount > 9)", {}, "BG066", "error", "leads_amount_check", "8 of 50 rows"),
    ("ALTER TABLE leads ADD s int, ADD CHECK (s > 9)", {}, "BG066", "warning", "leads_s_check", "only green has"),
    ("ALTER TABLE leads ADD UNIQUE (code)", {}, "BG067", "warning", "leads_code_key", "on green only"),
    (
        "ALTER TABLE leads ADD UNIQUE (email)",
        {},
        "BG067",
        "error",
        "leads_email_key",
        "10 rows of blue are there twice",
    ),
    ("ALTER TABLE leads ADD s int UNIQUE", {}, "BG067", "warning", "leads_s_key", "blue does not have"),
    (
        "ALTER TABLE leads ADD FOREIGN KEY (owner_id) REFERENCES users",
        {},
        "BG068",
        "error",
        "leads_owner_id_fkey",
        "cannot be made after the copy",
    ),
    (
        "ALTER TABLE leads ADD FOREIGN KEY (owner_id) REFERENCES users NOT VALID",
        {},
        "BG068",
        "warning",
        "leads_owner_id_fkey",
        "they stay in green",
    ),
    (
        "ALTER TABLE kinds ADD FOREIGN KEY (id) REFERENCES users",
        {},
        "BG068",
        "warning",
        "kinds_id_fkey",
        "get in without an error",
    ),
    ("ALTER TABLE leads ADD d int GENERATED ALWAYS AS (id * 2) STORED", {}, "BG069", "info", "leads.d", "computed"),
    ("ALTER TABLE notes ADD more text", {}, "BG070", "error", "notes", "only green has more"),
    ("ALTER TABLE notes DROP note", {}, "BG070", "error", "notes", "only blue has note"),
    ("ALTER TYPE kind RENAME VALUE 'a' TO 'c'", {}, "BG071", "error", "type public.kind", "green lacks a"),
    ("ALTER TYPE kind ADD VALUE 'c'", {}, "BG071", "warning", "type public.kind", "blue lacks c"),
    ("ALTER DOMAIN score ADD CHECK (VALUE < 9)", {}, "BG071", "warning", "domain public.score", "not the same"),
    ("ALTER TABLE leads ALTER code DROP NOT NULL", {}, "BG072", "warning", "leads", "NOT NULL of code"),
    ("ALTER TABLE leads ADD s int", {"columns": {"s": "nothing + 1"}}, "BG073", "error", "leads.s", "does not exist"),
    ("ALTER TABLE leads ADD s int", {"columns": {"t": "id"}}, "BG073", "error", "leads.t", "green has no column t"),
    (
        "ALTER TABLE leads ADD s text, DROP email",
        {"columns": {"s": "email"}},
        "BG073",
        "error",
        "leads.s",
        "green's row",
    ),
    ("ALTER TABLE leads ADD s int", {"columns": {"s": "code::date"}}, "BG073", "error", "leads.s", "cannot cast"),
    ("ALTER TABLE leads DROP email", {"reverse": {"email": "s"}}, "BG073", "error", "leads.email", "blue's row"),
    ("CREATE TABLE fresh (id int PRIMARY KEY)", {}, "BG074", "info", "fresh", "do not come back"),
    (
        "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        {},
        "BG074",
        "warning",
        "events_2",
        "a new partition of public.events",
    ),
    ("ALTER TABLE leads SET UNLOGGED", {}, "BG075", "error", "leads", "unlogged"),
    (
        "DROP TABLE users; CREATE TABLE users (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);"
        " CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (0) TO (9)",
        {},
        "BG075",
        "warning",
        "users",
        "(1 partitions)",
    ),
    ("INSERT INTO users VALUES (9, 'eve')", {}, "BG058", "error", "users", "writes a row into it"),
    ("CREATE TABLE fresh AS SELECT 1 AS a FROM generate_series(1, 7)", {}, "BG058", "error", "fresh", "writes 7 rows"),
    ("SELECT 1;\nALTER TABLE nowhere ADD a int", {}, "BG057", "error", "up.sql", 'relation "nowhere" does not exist'),
    (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        " CREATE TRIGGER t BEFORE INSERT ON leads FOR EACH ROW EXECUTE FUNCTION f();"
        " ALTER TABLE leads ENABLE ALWAYS TRIGGER t",
        {},
        "BG034",
        "warning",
        "leads",
        "is ENABLE ALWAYS",
    ),
]


@pytest.mark.parametrize(
    ("up", "wish", "code", "severity", "name", "words"),
    CASES,
    ids=[f"{case[2]}-{number}" for number, case in enumerate(CASES)],
)
def test_each_difference_has_its_verdict(
    leads: Asked, up: str, wish: dict[str, Any], code: str, severity: str, name: str, words: str
) -> None:
    found = leads.of(code, lead(**wish), up)
    fitting = [f for f in found if f.severity == severity and f.object.endswith(name) and words in f.message]
    assert len(fitting) == 1, found
    assert fitting[0].severity == "info" or fitting[0].fix


@pytest.mark.parametrize(
    "up",
    [
        None,
        "ALTER TABLE leads ADD score int NOT NULL DEFAULT 0",
        "ALTER TABLE leads ALTER id TYPE bigint",
        "CREATE INDEX ON leads (email); COMMENT ON TABLE leads IS 'x'",
        "CREATE VIEW v AS SELECT id FROM leads; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE leads DROP email",
        "ALTER TABLE users RENAME CONSTRAINT users_pkey TO users_key; ALTER INDEX leads_pkey RENAME TO leads_key",
    ],
)
def test_what_survives_is_no_error(leads: Asked, up: str | None) -> None:
    found = leads.findings(lead(), up)
    assert codes(found, "error") == set(), [f for f in found if f.severity == "error"]


def test_the_runs_own_mapping_has_the_last_word(leads: Asked) -> None:
    """A type that changes, computed on the way back only: nothing fills it on the way there."""
    up = "ALTER TABLE leads ALTER amount TYPE numeric(12,2)"
    found = leads.findings([{"name": "leads", "reverse": {"amount": "id + 0.5"}}, NOTES], up)
    assert "BG076" in codes(found, "error"), found
    assert [f.object for f in found if f.code == "BG076"] == ["public.leads"]


def test_a_blue_of_rows_that_nobody_may_wait_for(leads: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time is over, the finding says that it does not know."""
    hurried = replace(leads.limits, sample_seconds=0.0)
    monkeypatch.setattr(leads, "limits", hurried)
    found = leads.one("BG063", lead(), "ALTER TABLE leads ALTER email TYPE varchar(2)")
    assert found.severity == "warning" and "is not known (not looked at within 0 s)" in found.message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("integer", "integer", "safe"),
        ("integer", "bigint", "safe"),
        ("bigint", "integer", "depends"),
        ("integer", "text", "safe"),
        ("integer", "numeric", "safe"),
        ("character varying(10)", "character varying(20)", "safe"),
        ("character varying(20)", "character varying(10)", "depends"),
        ("character varying(20)", "text", "safe"),
        ("text", "character varying(20)", "depends"),
        ("text", "uuid", "depends"),
        ("numeric(10,2)", "numeric(12,2)", "safe"),
        ("numeric(10,2)", "numeric(10,4)", "depends"),
        ("numeric(10,2)", "numeric(10,1)", "rounds"),
        ("numeric(10,2)", "numeric(8,0)", "rounds"),
        ("numeric(10,2)", "numeric", "safe"),
        ("numeric", "numeric(10,2)", "depends"),
        ("timestamp(6) with time zone", "timestamp(3) with time zone", "rounds"),
        ("timestamp without time zone", "timestamp(3) without time zone", "rounds"),
        ("timestamp with time zone", "timestamp without time zone", "shifts"),
        ("timestamp with time zone", "text", "shifts"),
        ("boolean", "text", "breaks"),
        ("real", "double precision", "safe"),
        ("double precision", "real", "rounds"),
        ("jsonb", "json", "safe"),
        ("json", "jsonb", "depends"),
        ("public.mood", "text", "safe"),
        ("text", "public.mood", "depends"),
        ("integer[]", "bigint[]", "depends"),
        ("character varying(5)[]", "character varying(9)[]", "safe"),
    ],
)
def test_what_becomes_of_values(old: str, new: str, expected: str) -> None:
    assert verdict(old, new) == expected
