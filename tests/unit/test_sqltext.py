"""What is noted of a statement: that it changes something, its wording, and never a value or a login."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import sql

from cutover.recording.sqltext import shown
from cutover.recording.tokens import tokens

LOOKING = [
    "",
    "  -- nothing\n",
    "select 1",
    "SELECT * FROM t FOR UPDATE",
    "WITH a AS (SELECT 1 FROM t FOR NO KEY UPDATE) SELECT * FROM a",
    "VALUES (1)",
    "SHOW wal_level",
    "BEGIN; SELECT 1; COMMIT",
    "SET LOCAL lock_timeout = '1s'",
    "SET SESSION statement_timeout = 0",
    "EXPLAIN SELECT 1",
    "SELECT 'DROP TABLE t' AS note",
    "/* DROP TABLE t; */ SELECT 1",
]
DOING = {
    "CREATE TABLE t (a int)": "CREATE TABLE t (a int)",
    "create index on t (a) -- fast": "create index on t (a)",
    "COMMENT ON TABLE t IS 'what''s in it'": "COMMENT ON TABLE t IS 'what''s in it'",
    "LOCK TABLE t IN SHARE MODE": "LOCK TABLE t IN SHARE MODE",
    "SET session_replication_role = replica": "SET session_replication_role = replica",
    "SET CONSTRAINTS ALL IMMEDIATE": "SET CONSTRAINTS ALL IMMEDIATE",
    "SELECT pg_create_logical_replication_slot(%s, 'pgoutput')": "SELECT pg_create_logical_replication_slot(%s, ?)",
    "INSERT INTO t VALUES (1, 'x'), (2, 'y')": "INSERT INTO t VALUES (?, ...), ...",
    "UPDATE t1 SET a2 = 3 WHERE id > 4": "UPDATE t1 SET a2 = ? WHERE id > ?",
    "WITH x AS (DELETE FROM t WHERE id = %s RETURNING 1) SELECT count(*) FROM x": (
        "WITH x AS (DELETE FROM t WHERE id = %s RETURNING ?) SELECT count(*) FROM x"
    ),
    "COPY (SELECT a FROM t WHERE ctid >= '(0,0)') TO STDOUT": "COPY (SELECT a FROM t WHERE ctid >= ?) TO STDOUT",
    "TRUNCATE t;": "TRUNCATE t",
    "SELECT 1; DROP TABLE t": "SELECT ?; DROP TABLE t",
    "ALTER TABLE t ADD a text DEFAULT 'new', ADD b int DEFAULT 7": (
        "ALTER TABLE t ADD a text DEFAULT 'new', ADD b int DEFAULT 7"
    ),
    "CREATE_REPLICATION_SLOT s LOGICAL pgoutput": "CREATE_REPLICATION_SLOT s LOGICAL pgoutput",
}
# The word that must not be seen, in every place that a statement can hold it.
SECRETIVE = [
    "CREATE SUBSCRIPTION s CONNECTION 'host=db password=hunter2' PUBLICATION p",
    "CREATE SUBSCRIPTION s CONNECTION 'host=db password=''hunter2 x''' PUBLICATION p",
    "CREATE SUBSCRIPTION s CONNECTION E'password=\\'hunter2\\'' PUBLICATION p",
    "ALTER ROLE bob ENCRYPTED PASSWORD 'hunter2'",
    "ALTER ROLE bob PASSWORD 'hunter2",
    "CREATE USER MAPPING FOR bob SERVER s OPTIONS (user 'bob', password 'hunter2')",
    "CREATE USER MAPPING FOR bob SERVER s OPTIONS (ADD pass_phrase 'hunter2')",
    "DO $$ BEGIN EXECUTE 'ALTER ROLE bob PASSWORD ''hunter2'''; END $$",
    "DO $a$ BEGIN PERFORM dblink('host=x password=''hunter2 y'''); END $a$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 /* password hunter2 */ -- hunter2\n $$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT dblink(''password=hunter2'')'",
    "INSERT INTO settings VALUES ('api_key', 'hunter2')",
    "COMMENT ON TABLE t IS 'see postgres://bob:hunter2@db/x'",
    "CREATE TABLE t (a int) -- hunter2",
    "CREATE TABLE t (a int) /* hunter2 /* hunter2 */ hunter2 */",
]


@pytest.mark.parametrize("text", LOOKING)
def test_looking_is_not_noted(text: str) -> None:
    assert shown(text) is None


@pytest.mark.parametrize("text", DOING)
def test_doing_is_noted_without_values(text: str) -> None:
    assert shown(text) == DOING[text]


@pytest.mark.parametrize("text", SECRETIVE)
def test_no_login_is_ever_shown(text: str) -> None:
    found = shown(text)
    assert found is not None and "hunter2" not in found


def test_lines_stay_lines_without_their_margin() -> None:
    assert (
        shown("CREATE TABLE t (\n        a int,\n\n        b int\n    )")
        == "CREATE TABLE t (\n    a int,\n    b int\n)"
    )


def test_batches_that_carry_their_bounds_are_one_wording() -> None:
    batch = "INSERT INTO n SELECT * FROM o WHERE id > {} AND id <= {} AND kind IN ({})"
    texts = {shown(batch.format(n, n + 9, ", ".join(map(str, range(n + 1))))) for n in range(1, 50)}
    assert texts == {"INSERT INTO n SELECT * FROM o WHERE id > ? AND id <= ? AND kind IN (?, ...)"}


VALUES = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)


@given(VALUES)
@example("'; DROP TABLE t; --")
@example("\\'")
@example("$$")
def test_a_value_is_never_taken_for_code(value: str) -> None:
    """Whatever a literal holds, as psycopg quotes it, the statement reads the same."""
    literal = sql.Literal(value).as_string(None)
    assert shown(f"UPDATE t SET a = {literal} WHERE b") == "UPDATE t SET a = ? WHERE b"


@given(VALUES)
def test_a_name_comes_back_as_it_is(name: str) -> None:
    quoted = sql.Identifier(name or "x").as_string(None)
    (kind, found), *_ = tokens(quoted)
    assert (kind, found) == ("name", quoted)


@given(st.text(max_size=200))
@example("$a$ x $b$")
@example("/*")
@example("'")
def test_any_text_is_read_to_its_end(text: str) -> None:
    shown(text)
    assert len("".join(part for _, part in tokens(text))) <= len(text) + text.count("--") + text.count("/*")
