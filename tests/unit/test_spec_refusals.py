"""What is refused: each with file, line, key and what would be right; all of one folder at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutover.spec.errors import SpecError, SpecProblem
from cutover.spec.loader import load

GOOD = """\
name: leads_v2
title: Leads get preferences
strategy: online
owner: data-platform
source: shop
tables:
  - name: public.leads
    alter: alter.sql
    columns: {preferences: "'{}'::jsonb"}
schema: {up: up.sql, down: down.sql}
backfill: {batch_rows: 5000, pause: 10ms}
cutover: {max_pause: 3s}
"""
FILES = {
    "alter.sql": "ALTER TABLE leads ADD COLUMN preferences jsonb",
    "up.sql": "SELECT 1",
    "down.sql": "SELECT 1",
}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the folder ``leads_v2``; returns it."""

    def _write(spec: str = GOOD, **files: str) -> Path:
        folder = tmp_path / "leads_v2"
        folder.mkdir(exist_ok=True)
        (folder / "migration.yaml").write_text(spec)
        for name, text in {**FILES, **{k.replace("_", "."): v for k, v in files.items()}}.items():
            (folder / name).write_text(text)
        return folder

    return _write


def refused(folder: Path) -> list[SpecProblem]:
    with pytest.raises(SpecError) as error:
        load(folder)
    assert error.value.code == "SPEC001"
    for problem in error.value.problems:
        assert str(problem) in str(error.value)
    return list(error.value.problems)


def one(folder: Path) -> tuple[str, int | None, str, str, str | None]:
    found = refused(folder)
    assert len(found) == 1, found
    return found[0].file, found[0].line, found[0].path, found[0].message, found[0].fix


def test_the_good_one_is_good(write: Write) -> None:
    assert load(write()).name == "leads_v2"


SPEC = "leads_v2/migration.yaml"


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "message", "fix"),
    [
        ("owner:", "ownr:", 4, "ownr", "unknown key 'ownr'", "did you mean owner?"),
        ("    alter:", "    altr:", 8, "tables[0].altr", "unknown key 'altr'", "did you mean alter?"),
        ("batch_rows:", "batchrows:", 11, "backfill.batchrows", "unknown key 'batchrows'", "did you mean batch_rows?"),
        ("schema:", "schema_sql:", 10, "schema_sql", "unknown key 'schema_sql'", "did you mean schema?"),
        ("owner: data-platform\n", "owner: a\nfolder: /tmp\n", 5, "folder", "unknown key 'folder'", "use one of"),
        (
            "owner: data-platform\n",
            "owner: a\n_files: {}\n",
            5,
            "_files",
            "unknown key '_files'",
            "use one of name, title",
        ),
        ("strategy: online", "strategy: onlin", 3, "strategy", "'onlin' is not possible", "did you mean online?"),
        ("title: Leads get preferences\n", "", 1, "", "title is missing", "add it: One line for people"),
        ("  - name: public.leads\n    alter", "  - alter", 7, "tables[0]", "name is missing", "add it: `schema.table`"),
        ("title: Leads get preferences", "title: 5", 2, "title", "5 is not text", "write text"),
        ("title: Leads get preferences", "title: ' '", 2, "title", "is empty", "write something"),
        ("title: Leads get preferences", 'title: "a\\nb"', 2, "title", "line break", "write one line"),
        ("batch_rows: 5000", "batch_rows: many", 11, "backfill.batch_rows", "'many' is not a whole", "write a whole"),
        ("batch_rows: 5000", "batch_rows: true", 11, "backfill.batch_rows", "True is not a whole", "write a whole"),
        ("batch_rows: 5000", "batch_rows: '5000'", 11, "backfill.batch_rows", "'5000' is not a whole", "write a whole"),
        ("batch_rows: 5000", "batch_rows: 0", 11, "backfill.batch_rows", "greater than or equal to 1", None),
        ("pause: 10ms", "pause: -1s", 11, "backfill.pause", "'-1s' is negative", None),
        ("pause: 10ms", "pause: 5", 11, "backfill.pause", "5 has no unit; write 5s, 5m or 5ms", None),
        ("pause: 10ms", "pause: soon", 11, "backfill.pause", "'soon' is no duration; write for example", None),
        ("pause: 10ms", "pause: 2h", 11, "backfill.pause", "2h is not within 0s to 1h", None),
        ("max_pause: 3s", "kill_blockers: nevr", 12, "cutover.kill_blockers", "'nevr' is no duration", None),
        ("max_pause: 3s", "max_pause: 500ms", 12, "cutover.max_pause", "lock_timeout is longer than max_pause", "make"),
        (
            "source: shop",
            "source: shop\ntarget: other",
            6,
            "target",
            "stays in one database and has no target",
            "remove",
        ),
        (
            "source: shop",
            "source: shop\nrouter: pool",
            6,
            "router",
            "stays in one database and has no router",
            "remove",
        ),
        ("name: leads_v2", "name: leads_v3", 1, "name", "'leads_v3' is not the folder's name", "write leads_v2"),
        ("name: leads_v2\n", "name: leads_v2\nname: leads_v2\n", 2, "name", "there twice, first in line 1", "keep one"),
        (", down: down.sql", "", 10, "schema", "up has no down", "write schema.down"),
        ("up: up.sql, ", "", 10, "schema", "down without up", "write schema.up"),
        ("up.sql", "upp.sql", 10, "schema.up", "the file 'upp.sql' is missing", "did you mean 'up.sql'?"),
        ("up.sql", "../leads_v2/up.sql", 10, "schema.up", "leads out of the migration's folder", "put the file"),
        ("up.sql", "/etc/passwd", 10, "schema.up", "is no path within the migration's folder", "write a relative"),
        ("up.sql", "sub/../up.sql", 10, "schema.up", "leads out of", "put the file"),
        ("up.sql", "./up.sql", 10, "schema.up", "'./up.sql' is no plain path", "write 'up.sql'"),
        ("up.sql", "migration.yaml", 10, "schema.up", "does not end in .sql", "SQL lives"),
        ("    columns:", "    key: [id, id]\n    columns:", 9, "tables[0].key", "listed twice", "once"),
        ("    columns:", "    key: []\n    columns:", 9, "tables[0].key", "at least 1 item", None),
        ("{preferences:", "{'a\"b':", 9, 'tables[0].columns.a"b', "has a double quote", "without quotes"),
        ("\"'{}'::jsonb\"", "5", 9, "tables[0].columns.preferences", "5 is not text", "write text"),
        ("\"'{}'::jsonb\"", '"a; b"', 9, "tables[0].columns.preferences", "no valid SQL", "write one SQL expression"),
    ],
)
def test_each_mistake_is_named(
    write: Write, old: str, new: str, line: int, path: str, message: str, fix: str | None
) -> None:
    assert GOOD.count(old) == 1
    folder = write(GOOD.replace(old, new))
    found = [p for p in refused(folder) if p.path == path and message in p.message]
    assert len(found) == 1, refused(folder)
    assert (found[0].file, found[0].line) == (SPEC, line)
    assert fix is None or fix in (found[0].fix or "")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("public.a.b", "more than one dot"),
        ("'\"leads\"'", "has a double quote"),
        ('"le\'ads"', "has a quote"),
        ('"le\\u0000ads"', "has a control character"),
        ('"le\\nads"', "has a control character"),
        ('"le\\u202eads"', "has a control character"),
        ("50%", "has a percent sign"),
        ("a\\b", "has a backslash"),
        ("pg_catalog.pg_class", "belongs to the server or to Cutover"),
        ("information_schema.tables", "belongs to the server or to Cutover"),
        ("cutover_sync.run", "belongs to the server or to Cutover"),
        ("cutover_journal.run", "belongs to the server or to Cutover"),
        ("cutover_new_7_public.leads", "belongs to the server or to Cutover"),
        ("public.", "an empty name"),
        (".leads", "an empty name"),
        ("'public. leads'", "begins or ends with a blank"),
        ("x" * 64, "longer than 63 bytes"),
        ("\u20ac" * 22, "longer than 63 bytes"),
    ],
)
def test_unsafe_table_names_are_refused(write: Write, name: str, reason: str) -> None:
    folder = write(GOOD.replace("public.leads", name))
    found = [p for p in refused(folder) if p.path == "tables[0].name"]
    assert [(p.line, reason in p.message) for p in found] == [(7, True)], found


@pytest.mark.parametrize("key", ["source", "target", "router"])
def test_a_url_where_a_connection_id_belongs_is_refused_and_never_shown(write: Write, key: str) -> None:
    text = GOOD.replace("source: shop\n", "") + "source: shop\n" * (key != "source")
    folder = write(text + f"{key}: postgres://admin:hunter2@db.example/shop\n")
    with pytest.raises(SpecError) as error:
        load(folder)
    assert "no connection id" in str(error.value)
    assert "hunter2" not in str(error.value)
    assert "hunter2" not in repr(error.value.problems)


def test_a_secret_of_a_wrong_type_is_not_shown_either(write: Write) -> None:
    folder = write(GOOD.replace("source: shop", "source: {password: hunter2}"))
    assert "hunter2" not in str(refused(folder))


def test_everything_is_said_at_once_in_the_order_of_the_file(write: Write) -> None:
    spec = (
        GOOD.replace("ownr", "owner")
        .replace("strategy: online", "strategy: online\ntarget: b")
        .replace("alter.sql", "missing.sql")
        .replace("'{}'::jsonb", "now()")
        .replace("batch_rows: 5000", "batch_row: 5000")
        .replace("max_pause: 3s", "max_pause: long")
    )
    found = refused(write(spec, up_sql="BEGIN;\nSELEC 1", down_sql="-- nothing"))
    assert [(p.file, p.line, p.path) for p in found] == [
        (SPEC, 4, "target"),
        (SPEC, 9, "tables[0].alter"),
        (SPEC, 10, "tables[0].columns.preferences"),
        (SPEC, 12, "backfill.batch_row"),
        (SPEC, 13, "cutover.max_pause"),
        ("leads_v2/down.sql", None, ""),
        ("leads_v2/up.sql", 2, ""),
    ]


def test_a_table_listed_twice_under_two_spellings(write: Write) -> None:
    folder = write(GOOD.replace("schema: {", "  - name: leads\nschema: {"))
    assert one(folder)[:4] == (SPEC, 10, "tables[1].name", "'leads' is listed twice, first as tables[0]")


def test_online_without_tables(write: Write) -> None:
    head, _, tail = GOOD.partition("tables:")
    folder = write(head + tail[tail.index("schema:") :])
    assert one(folder)[2:4] == ("tables", "the online strategy needs at least one table")


BLUE_GREEN = """\
name: leads_v2
title: Leads move to PostgreSQL 18
strategy: blue_green
owner: data-platform
source: shop
target: shop_green
router: pool
schema: {up: up.sql}
replication: {max_wal: 500MB}
rollback: {old_database: keep}
tables:
  - name: public.leads
    without_key: full
    columns: {preferences: "'{}'::jsonb"}
    reverse: {note: "'none'"}
"""


def test_a_good_blue_green_spec_is_good(write: Write) -> None:
    spec = load(write(BLUE_GREEN))
    assert (spec.target, spec.router, spec.replication.max_wal) == ("shop_green", "pool", 500 * 2**20)
    assert (spec.tables[0].without_key, spec.rollback.old_database) == ("full", "keep")


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "message", "fix"),
    [
        ("target: shop_green\n", "", None, "target", "the blue_green strategy needs a target", "the new database"),
        ("router: pool\n", "", None, "router", "the blue_green strategy needs a router", "PgBouncer console"),
        ("target: shop_green", "target: shop", 6, "target", "source and target are the same", "name the other"),
        ("router: pool", "router: shop", 7, "router", "router and source are the same", "name the router's"),
        ("router: pool", "router: shop_green", 7, "router", "router and target are the same", "name the router's"),
        ("without_key: full", "alter: up.sql", 13, "tables[0].alter", "alter makes no sense", "schema.up"),
        ("without_key: full", "key: [id]", 13, "tables[0].key", "key makes no sense", "see without_key"),
        ("without_key: full", "old_table: drop", 13, "tables[0].old_table", "makes no sense", "rollback.old_database"),
        ("without_key: full", "without_key: none", 13, "tables[0].without_key", "is not possible", "ignore"),
        ("500MB", "500", 9, "replication.max_wal", "500 has no unit; write 500MB or 500GB", None),
        ("500MB", "5kB", 9, "replication.max_wal", "5kB is less than 1MB", None),
        ("500MB", "much", 9, "replication.max_wal", "'much' is no size; write for example", None),
        ("500MB", "2000TB", 9, "replication.max_wal", "is more than 1024TB", None),
        ("old_database: keep", "old_database: burn", 10, "rollback.old_database", "'burn' is not possible", None),
        ("old_database: keep", "archive: s3://k:s@b", 10, "rollback.archive", "no connection id", None),
    ],
)
def test_each_mistake_of_a_blue_green_spec_is_named(
    write: Write, old: str, new: str, line: int | None, path: str, message: str, fix: str | None
) -> None:
    assert BLUE_GREEN.count(old) == 1
    file, where, key, said, mend = one(write(BLUE_GREEN.replace(old, new)))
    assert (file, key, message in said) == (SPEC, path, True), said
    assert line is None or where == line
    assert fix is None or fix in (mend or "")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("    alter: alter.sql\n", "    alter: alter.sql\n    without_key: ignore\n", "tables[0].without_key"),
        ("cutover:", "replication: {max_wal: 1GB}\ncutover:", "replication"),
        ("cutover:", "rollback: {old_database: keep}\ncutover:", "rollback.old_database"),
        ("cutover:", "rollback: {archive: s3}\ncutover:", "rollback.archive"),
    ],
)
def test_online_has_nothing_of_two_databases(write: Write, old: str, new: str, path: str) -> None:
    assert GOOD.count(old) == 1
    found = one(write(GOOD.replace(old, new)))
    assert found[2] == path
    assert "online strategy" in found[3]


def test_a_window_start_without_a_time_zone(write: Write) -> None:
    file, line, path, message, _ = one(write(GOOD + "announce: {window_start: 2026-12-01T02:00:00}\n"))
    assert (file, line, path) == (SPEC, 13, "announce.window_start")
    assert "timezone" in message


@pytest.mark.parametrize(
    ("file", "text", "line", "message"),
    [
        ("alter_sql", "", None, "the file has no statement"),
        ("alter_sql", "-- later\n/* or never */ ;;", None, "the file has no statement"),
        ("up_sql", "SELECT 1;\n\nSELEC 2;", 3, 'no valid SQL: syntax error at or near "SELEC"'),
        ("up_sql", "-- \u20ac\u20ac\u20ac\nSELECT 1;\n\\set x 1", 3, "psql's backslash commands are no SQL"),
        ("up_sql", "SELECT '\u20ac\u20ac\u20ac\n';\n\nCOMMIT", 4, "transaction control"),
        ("up_sql", "SELECT 1;\n  COMMIT", 2, "transaction control"),
        ("up_sql", "CREATE INDEX CONCURRENTLY i ON t (a)", 1, "CONCURRENTLY cannot run in a transaction"),
        ("up_sql", "DROP INDEX CONCURRENTLY i", 1, "CONCURRENTLY cannot run in a transaction"),
        ("up_sql", "REFRESH MATERIALIZED VIEW CONCURRENTLY v", 1, "CONCURRENTLY cannot run in a transaction"),
        ("up_sql", "VACUUM t", 1, "VACUUM cannot run in a transaction"),
        ("up_sql", "COPY t FROM STDIN", 1, "COPY FROM STDIN has no data here"),
        ("up_sql", "CREATE ROLE r LOGIN PASSWORD 'hunter2'", 1, "a password is no part of a migration"),
        ("down_sql", "ALTER ROLE r PASSWORD 'hunter2'", 1, "a password is no part of a migration"),
        ("up_sql", "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password 'hunter2')", 1, "a password"),
    ],
)
def test_sql_files_are_read_by_postgresqls_grammar(
    write: Write, file: str, text: str, line: int | None, message: str
) -> None:
    found = one(write(**{file: text}))
    assert found[:2] == (f"leads_v2/{file.replace('_', '.')}", line)
    assert message in found[3]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("DELETE FROM t", "is no SELECT"),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT count(*) FROM gone", "a SELECT that writes"),
        ("SELECT * INTO t2 FROM t", "SELECT INTO writes a table"),
        ("SELECT * FROM t FOR UPDATE", "locks rows"),
    ],
)
def test_the_throttle_query_is_one_harmless_select(write: Write, text: str, message: str) -> None:
    folder = write(GOOD.replace("pause: 10ms", "throttle_query: up.sql"), up_sql=text)
    assert message in one(folder)[3]


def test_a_link_out_of_the_folder(write: Write, tmp_path: Path) -> None:
    folder = write()
    (tmp_path / "secret.sql").write_text("SELECT 1")
    (folder / "up.sql").unlink()
    (folder / "up.sql").symlink_to("../secret.sql")
    assert "is a link that leads out" in one(folder)[3]
    (folder / "up.sql").unlink()
    (folder / "up.sql").symlink_to("down.sql")
    assert load(folder).up_sql == "SELECT 1"
    (folder / "sub").symlink_to(tmp_path)
    (folder / "migration.yaml").write_text(GOOD.replace("up.sql", "sub/secret.sql"))
    assert "is a link that leads out" in one(folder)[3]


def test_a_folder_that_is_itself_a_link_is_fine(write: Write, tmp_path: Path) -> None:
    real = write()
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "leads_v2").symlink_to(real)
    assert load(tmp_path / "mounted" / "leads_v2").name == "leads_v2"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p.mkdir(), "is no file"),
        (lambda p: p.write_bytes(b"SELECT '\xff'"), "is no UTF-8 at byte 8"),
        (lambda p: p.write_bytes(b"SELECT 1\x00"), "has a NUL character"),
        (lambda p: p.write_bytes(b"-" * 5_000_001), "is larger than 5 MB"),
        (lambda p: os.mkfifo(p), "is no file"),
        (lambda p: p.symlink_to(p.name), "is missing"),
    ],
)
def test_files_that_are_none(write: Write, make: Callable[[Path], Any], message: str) -> None:
    folder = write()
    (folder / "up.sql").unlink()
    make(folder / "up.sql")
    assert message in one(folder)[3]


def test_windows_line_ends_and_a_byte_order_mark_are_no_problem(write: Write) -> None:
    folder = write()
    (folder / "up.sql").write_bytes(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n")
    (folder / "migration.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(folder).up_sql == "SELECT 1;\nSELECT 2;\n"
