"""Specs of a change of shape: what they say, and what they may not."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from cutover.spec.dual_sql import origin_faults, rows_faults
from cutover.spec.errors import SpecError, SqlTextMissing
from cutover.spec.export import json_schema
from cutover.spec.loader import load, load_all
from cutover.spec.models import Migration
from cutover.spec.sqltree import bare

GOOD = """\
name: accounts_v2
title: Admins and their settings become accounts
strategy: dual_write
owner: identity
source: shop
writer: application
schema: {up: up.sql, down: down.sql}
shapes:
  - name: accounts
    key: [id]
    rows: accounts.sql
    from:
      public.admins: SELECT r.id
      shop.settings: SELECT r.admin_id
      public.request_log: SELECT r.admin_id
back:
  - name: public.admins
    key: [id]
    rows: admins.sql
    from: {public.accounts: SELECT r.id}
  - name: shop.settings
    key: [admin_id, name]
    rows: settings.sql
    from: {public.accounts: "SELECT r.id, s.key FROM jsonb_each(r.settings) AS s"}
left_out: {public.request_log: "rows older than a year are dropped on purpose"}
flags: {store: flags_db, instances: 3}
reads: {shadow: 2.5, steps: [5, 100], hold: 1m}
"""
FILES = {
    "up.sql": "CREATE TABLE accounts (id bigint PRIMARY KEY)",
    "down.sql": "DROP TABLE accounts",
    "accounts.sql": "SELECT a.id FROM admins AS a;",
    "admins.sql": "WITH x AS (SELECT 1) SELECT id FROM accounts",
    "settings.sql": "VALUES (1, 'a')",
}


def write(folder: Path, text: str = GOOD, **files: str) -> Path:
    place = folder / "accounts_v2"
    place.mkdir(parents=True, exist_ok=True)
    (place / "migration.yaml").write_text(text)
    for name, content in {**FILES, **{k.replace("_", "."): v for k, v in files.items()}}.items():
        (place / name).write_text(content)
    return place


def without(*keys: str) -> str:
    """GOOD without some of its keys."""
    data = yaml.safe_load(GOOD)
    return yaml.safe_dump({key: value for key, value in data.items() if key not in keys}, sort_keys=False)


def test_a_good_spec_says_all_of_it(tmp_path: Path) -> None:
    spec = load(write(tmp_path))
    (accounts,) = spec.shapes
    assert (accounts.qualified, accounts.schema_name, accounts.table_name) == ("public.accounts", "public", "accounts")
    assert (accounts.key, accounts.rows_sql) == (["id"], FILES["accounts.sql"])
    assert accounts.origins == {
        ("public", "admins"): "SELECT r.id",
        ("shop", "settings"): "SELECT r.admin_id",
        ("public", "request_log"): "SELECT r.admin_id",
    }
    assert [(one.qualified, one.rows_sql) for one in spec.back] == [
        ("public.admins", FILES["admins.sql"]),
        ("shop.settings", FILES["settings.sql"]),
    ]
    assert spec.left_out == {"public.request_log": "rows older than a year are dropped on purpose"}
    assert (spec.writer, spec.flags.store, spec.flags.instances) == ("application", "flags_db", 3)
    assert (spec.reads.shadow, spec.reads.steps, spec.reads.hold) == (2.5, [5, 100], timedelta(minutes=1))
    assert sorted(spec.files) == sorted(FILES)


def test_what_is_left_out_has_the_documented_defaults(tmp_path: Path) -> None:
    spec = load(write(tmp_path, without("writer", "flags", "reads")))
    assert (spec.writer, spec.flags.store, spec.flags.instances) == ("triggers", None, 0)
    assert (spec.reads.shadow, spec.reads.steps, spec.reads.hold) == (5, [1, 10, 50, 100], timedelta(minutes=10))


def test_a_snapshot_carries_the_texts(tmp_path: Path) -> None:
    spec = load(write(tmp_path))
    again = Migration.from_snapshot(json.loads(json.dumps(spec.snapshot())))
    assert again == spec
    assert [one.rows_sql for one in again.shapes + again.back] == [one.rows_sql for one in spec.shapes + spec.back]
    assert again.shapes[0].origins == spec.shapes[0].origins
    assert (again.up_sql, again.reads, again.flags) == (spec.up_sql, spec.reads, spec.flags)
    assert again.snapshot() == spec.snapshot()


def test_text_that_was_never_read_is_an_error() -> None:
    spec = Migration.model_validate(yaml.safe_load(GOOD))
    with pytest.raises(SqlTextMissing, match=r"'accounts\.sql' was not loaded"):
        _ = spec.shapes[0].rows_sql


def test_the_other_way_round_there_is_no_way_back_and_the_spec_says_so(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="in the window of 48h") as caught:
        load(write(tmp_path, without("back")))
    (problem,) = caught.value.problems
    assert problem.path == "back"
    assert "rollback: {window: 0s}" in (problem.fix or "")
    assert load(write(tmp_path, without("back") + "rollback: {window: 0s}\n")).back == []
    with pytest.raises(SpecError, match="in the window of 2h"):
        load(write(tmp_path, without("back") + "rollback: {window: 2h}\n"))


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("source: shop\n", "source: shop\ntarget: other\n", "shapes", "shapes are told in one database"),
        ("source: shop\n", "source: shop\nrouter: pool\n", "router", "a flag says where clients go"),
        ("source: shop\n", "source: shop\ntables: [{name: admins}]\n", "tables", "a spec has either shapes"),
        ("source: shop\n", "source: shop\nreplication: {max_wal: 1GB}\n", "replication", "has no replication"),
        ("source: shop\n", "source: shop\nrollback: {old_database: keep}\n", "rollback.old_database", "makes no sense"),
        ("source: shop\n", "source: shop\nrollback: {archive: s3}\n", "rollback.archive", "makes no sense"),
        ("source: shop\n", "source: shop\nhooks: [{when: closed, command: [x]}]\n", "hooks", "maintenance window"),
        ("up: up.sql, down: down.sql", "up: up.sql", "schema", "needs down: up makes the new tables, down drops them"),
        ("schema: {up: up.sql, down: down.sql}\n", "", "schema", "needs up and down"),
        ("writer: application", "writer: nobody", "writer", "'nobody' is not possible"),
        ("  - name: accounts\n", "  - name: public.admins\n", "shapes[0].from.public.admins", "is made from itself"),
        ("    key: [admin_id, name]", "    key: [name, name]", "back[1].key", "a column is listed twice"),
        ("rows: accounts.sql", "rows: account.sql", "shapes[0].rows", "the file 'account.sql' is missing"),
        ("from: {public.accounts: SELECT r.id}", "from: {}", "back[0].from", "no write would ever reach the table"),
        ("    from: {public.accounts: SELECT r.id}\n", "", "back[0]", "from is missing"),
        ("  public.request_log: SELECT", "  settings: SELECT", "shapes[0].from.settings", "back does not tell"),
        ("  public.request_log: SELECT", "  admins: SELECT", "shapes[0].from.admins", "public.admins is listed twice"),
        ("  - name: shop.settings", "  - name: public.admins", "back[1].name", "told twice, first as back[0]"),
        ("left_out:", "  - {name: x, key: [id], rows: admins.sql, from: {accounts: SELECT r.id}}\nleft_out:",
         "back[2].name", "no shape is made from public.x"),
        ('left_out: {public.request_log: "rows older than a year are dropped on purpose"}\n', "",
         "shapes[0].from.public.request_log", "what is written after the cutover would not come back to it"),
        ("dropped on purpose", "\\n", "left_out.public.request_log", "line break"),
        ("public.admins: SELECT r.id", "public.admins: SELECT r.id, r.name", "shapes[0].from.public.admins",
         "the query gives 2 columns, and the key has 1"),
        ("public.admins: SELECT r.id", "public.admins: SELECT id", "shapes[0].from.public.admins", "not look at r"),
        ("public.admins: SELECT r.id", "public.admins: DELETE FROM r", "shapes[0].from.public.admins", "is no SELECT"),
        ("public.admins: SELECT r.id", "public.admins: SELEC r.id", "shapes[0].from.public.admins", "no valid SQL"),
        ("steps: [5, 100]", "steps: [5, 5, 100]", "reads.steps", "the steps do not grow"),
        ("steps: [5, 100]", "steps: [5, 50]", "reads.steps", "the last step is 50"),
        ("steps: [5, 100]", "steps: [0, 100]", "reads.steps[0]", "greater than 0"),
        ("steps: [5, 100]", "steps: [5, 101, 100]", "reads.steps[1]", "less than or equal to 100"),
        ("steps: [5, 100]", "steps: [few, 100]", "reads.steps[0]", "'few' is not a number"),
        ("steps: [5, 100]", "steps: []", "reads.steps", "at least 1 item"),
        ("shadow: 2.5", "shadow: 101", "reads.shadow", "less than or equal to 100"),
        ("shadow: 2.5", "shadow: -1", "reads.shadow", "greater than or equal to 0"),
        ("hold: 1m", "hold: 1", "reads.hold", "has no unit"),
        ("store: flags_db", "store: 'postgres://me:hunter2@x/y'", "flags.store", "no connection id"),
        ("instances: 3", "instances: -1", "flags.instances", "greater than or equal to 0"),
        ("instances: 3", "instence: 3", "flags.instence", "unknown key"),
        ("key: [admin_id, name]", "key: [admin_id, name]\n    alter: x.sql", "back[1].alter", "unknown key 'alter'"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(tmp_path: Path, old: str, new: str, path: str, message: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, GOOD.replace(old, new)))
    found = [p for p in caught.value.problems if p.path == path and message in p.message]
    assert len(found) == 1, caught.value
    assert found[0].file == "accounts_v2/migration.yaml"
    assert found[0].line or path == "schema"
    assert "hunter2" not in str(caught.value)


def test_a_spec_without_shapes_says_one_thing(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, without("shapes", "back")))
    (problem,) = caught.value.problems
    assert "needs at least one shape" in problem.message


def test_what_is_derived_is_not_derived_from(tmp_path: Path) -> None:
    text = GOOD.replace("back:\n", "  - {name: x, key: [id], rows: admins.sql, from: {accounts: SELECT r.id}}\nback:\n")
    with pytest.raises(SpecError, match=r"public\.accounts is itself one of the new tables"):
        load(write(tmp_path, text))


@pytest.mark.parametrize(
    "key", ["shapes: []", "back: []", "left_out: {a: b}", "writer: triggers", "flags: {}", "reads: {}"]
)
def test_its_keys_belong_to_no_other_strategy(tmp_path: Path, key: str) -> None:
    head = without("shapes", "back", "left_out", "writer", "flags", "reads").replace("dual_write", "stop_the_world")
    assert load(write(tmp_path, head))
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, f"{head}{key}\n"))
    assert "belongs to the dual_write strategy" in caught.value.problems[0].message
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(f"{head}{key}\n"))


def test_what_the_other_strategies_know_can_be_said(tmp_path: Path) -> None:
    more = """\
cutover: {max_pause: 5s, approval: auto}
backfill: {batch_rows: 500}
validate: {suites: [row_counts], row_diff: off}
rollback: {automatic: false, window: 3h}
watch: {duration: 1s}
announce: {channel: "#x"}
backup: {take: true, store: vault}
"""
    spec = load(write(tmp_path, GOOD + more))
    assert (spec.backup.take, spec.backfill.batch_rows, spec.rollback.automatic) == (True, 500, False)


ROWS = {
    "SELECT 1; SELECT 2": "more than one statement",
    "UPDATE a SET b = 1": "update is no SELECT",
    "-- nothing": "the file has no statement",
    "SELECT\n\nFROM FROM": "no valid SQL",
    "WITH x AS (DELETE FROM a RETURNING id) SELECT id FROM x": "a SELECT that writes",
    "SELECT * INTO b FROM a": "SELECT INTO writes a table",
    "SELECT id FROM a FOR UPDATE": "a SELECT that locks rows",
    "SELECT id FROM a WHERE at > now() - interval '1 year'": "now() gives another answer each time",
    "SELECT gen_random_uuid() AS id FROM a": "gen_random_uuid() gives another answer",
    "SELECT id, current_date FROM a": "the current time, user or schema gives another answer",
    "SELECT $1 AS id": "there are no parameters",
    "SELECT id FROM a TABLESAMPLE bernoulli (1)": "TABLESAMPLE gives other rows",
}


@pytest.mark.parametrize("text", ROWS)
def test_rows_are_one_select_that_only_reads(tmp_path: Path, text: str) -> None:
    assert [ROWS[text] in fault.message for fault in rows_faults(text)] == [True]
    (tmp_path / "other").mkdir()
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, accounts_sql=text))
    assert [problem.file for problem in caught.value.problems] == ["accounts_v2/accounts.sql"]


@pytest.mark.parametrize(
    "text", ["SELECT a.id FROM a UNION ALL SELECT 1", "VALUES (1)", "WITH x AS (VALUES (1)) TABLE x"]
)
def test_rows_may_be_any_query(text: str) -> None:
    assert rows_faults(text) == []


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT r.id", 1),
        ("SELECT r.*", 3),
        ("SELECT r.id, k.* FROM unnest(r.keys) AS k", 9),
        ("SELECT * FROM unnest(r.ids)", 1),
        ("VALUES (r.id, 'a'), (r.id, 'b')", 2),
        ("SELECT r.id, 'a' UNION ALL SELECT r.id, 'b'", 2),
        ("WITH x AS (SELECT r.id) SELECT x.id FROM x", 1),
        ("SELECT r.a, r.b;", None),
    ],
)
def test_keys_of_a_row(query: str, columns: int | None) -> None:
    assert origin_faults(query, columns) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT r.id, 1", "gives 2 columns, and the key has 1"),
        ("VALUES (r.id, 1)", "gives 2 columns"),
        ("SELECT r.id, 1 UNION ALL SELECT r.id, 2", "gives 2 columns"),
        ("SELECT FROM r", "gives 0 columns"),
        ("SELECT s.id FROM s", "does not look at r"),
        ("SELECT r.id; SELECT r.id", "more than one statement"),
        ("SELECT " + " || ".join(["r.a"] * 200), "nested too deeply to be checked"),
        ("SELECT random() + r.id", "random() gives another answer"),
    ],
)
def test_keys_that_cannot_be_told(query: str, message: str) -> None:
    assert message in " ".join(fault.message for fault in origin_faults(query, 1))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("SELECT 1", "SELECT 1"),
        ("-- \u20ac\n; SELECT '\u20ac;--' -- why\n , 2 ; -- end\n", "SELECT '\u20ac;--' -- why\n , 2"),
        ("-- nothing", ""),
    ],
)
def test_a_statement_can_stand_in_parentheses(text: str, left: str) -> None:
    assert bare(text) == left


def test_bad_sql_breaks_no_other_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, accounts_sql="SELECT 'open", admins_sql="\u20ac" * 10_000, up_sql="(" * 100_000)
    good = tmp_path / "window"
    good.mkdir()
    (good / "migration.yaml").write_text(
        "name: window\ntitle: x\nstrategy: stop_the_world\nowner: x\nsource: x\ntarget: y\n"
    )
    for number, wrong in enumerate(
        ("shapes: 5", "shapes: [5, {}]", "shapes: [{name: 5, from: [1], key: 3}]", "back: x")
    ):
        folder = tmp_path / f"bad_{number}"
        folder.mkdir()
        (folder / "migration.yaml").write_text(
            f"name: bad_{number}\nstrategy: dual_write\nleft_out: []\nreads: 7\n{wrong}"
        )
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    found, bad = load_all()
    assert list(found) == ["window"]
    assert sorted(bad) == ["accounts_v2", "bad_0", "bad_1", "bad_2", "bad_3"]


def test_the_editors_schema_takes_and_refuses_the_same() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    good = yaml.safe_load(GOOD)
    assert list(validator.iter_errors(good)) == []
    changes = (
        {"shapes": []},
        {"tables": [{"name": "a"}]},
        {"target": "b"},
        {"router": "b"},
        {"schema": {"up": "up.sql"}},
        {"reads": {"steps": [0]}},
        {"rollback": {"archive": "s3"}},
        {"shapes": [{**good["shapes"][0], "from": {}}]},
    )
    for change in changes:
        assert not validator.is_valid({**good, **change}), change
