"""Loading specs: what a good one gives, and that a bad one stands in nobody's way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cutover.spec import loader
from cutover.spec.errors import SpecError, SpecUnknown, SqlTextMissing
from cutover.spec.loader import load, load_all, problems, titles
from cutover.spec.models import Migration
from cutover.spec.reading import Reading

EXAMPLES = Path(__file__).parent / "specs"


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the example specs, the only ones that are found."""
    folder = tmp_path / "migrations"
    shutil.copytree(EXAMPLES, folder)
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(folder))
    yield folder


def test_the_spec_of_the_design_says_all_that_it_says(specs: Path) -> None:
    spec = load("leads_v2")
    assert (spec.name, spec.strategy, spec.source, spec.target, spec.router) == (
        "leads_v2",
        "online",
        "shop",
        None,
        None,
    )
    leads, notes = spec.tables
    assert (leads.schema_name, leads.table_name, leads.qualified) == ("public", "leads", "public.leads")
    assert leads.columns == {"preferences": "'{}'::jsonb"}
    assert leads.reverse == {"legacy_flag": "status = 'ACTIVE'"}
    assert leads.alter_sql is not None
    assert leads.alter_sql.startswith("-- A wider key")
    assert (leads.key, leads.old_table) == (None, "archive")
    assert (notes.qualified, notes.key, notes.old_table) == ("public.lead_notes", ["lead_id", "position"], "drop")
    assert (notes.alter, notes.alter_sql) == (None, None)
    assert spec.table("lead_notes") is spec.table("public.lead_notes") is notes
    with pytest.raises(KeyError):
        spec.table("crm.leads")
    assert spec.up_sql is not None
    assert "lead_status" in spec.up_sql
    assert spec.down_sql is not None
    assert "DROP TYPE" in spec.down_sql
    assert spec.throttle_sql is not None
    assert spec.baseline_sql is not None
    assert spec.backfill.pause == timedelta(milliseconds=10)
    assert spec.cutover.kill_blockers == timedelta(seconds=30)
    assert spec.rollback.window == timedelta(hours=48)
    assert spec.announce.window_start == datetime(2026, 12, 1, 2, tzinfo=UTC)
    assert spec.folder == specs / "leads_v2"


def test_what_is_left_out_has_the_documented_defaults(specs: Path) -> None:
    spec = load("crm_split")
    assert spec.backfill.model_dump() == {
        "batch_rows": 10_000,
        "target_batch": "1s",
        "pause": "0s",
        "workers": 2,
        "max_lag": "5s",
        "max_lock_waits": 10,
        "max_active": None,
        "throttle_query": None,
    }
    assert spec.cutover.model_dump() == {
        "max_lag": "1s",
        "max_pause": "3s",
        "lock_timeout": "1s",
        "attempts": 30,
        "approval": "required",
        "max_downtime": "15m",
        "drain": "30s",
        "clients": "hold",
        "kill_blockers": "never",
    }
    assert spec.validation.row_diff == "off"  # the word, not YAML 1.1's false
    assert (spec.throttle_sql, spec.baseline_sql) == (None, None)
    assert (spec.watch.duration, spec.announce.channel) == (timedelta(seconds=10), None)


def test_names_with_blanks_and_capitals_are_names(specs: Path) -> None:
    spec = load("invoice_line_v2")
    assert (spec.tables[0].schema_name, spec.tables[0].table_name) == ("public", "Invoice Line")
    assert spec.tables[0].alter_sql is not None


def test_a_spec_cannot_be_changed(specs: Path) -> None:
    spec = load("leads_v2")
    with pytest.raises(ValueError, match="frozen"):
        spec.title = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        spec.backfill.workers = 9  # type: ignore[misc]


@pytest.mark.parametrize("name", sorted(p.name for p in EXAMPLES.iterdir()))
def test_a_snapshot_brings_everything_back_without_a_file(specs: Path, name: str) -> None:
    spec = load(name)
    carried = json.loads(json.dumps(spec.snapshot()))
    shutil.rmtree(specs)
    again = Migration.from_snapshot(carried)
    assert again == spec
    assert again.model_dump() == spec.model_dump()
    assert dict(again.files) == dict(spec.files)
    assert [t.alter_sql for t in again.tables] == [t.alter_sql for t in spec.tables]
    assert (again.up_sql, again.down_sql, again.throttle_sql) == (spec.up_sql, spec.down_sql, spec.throttle_sql)
    assert again.snapshot() == spec.snapshot()


def test_a_snapshot_of_another_release_says_so(specs: Path) -> None:
    snapshot = {**load("leads_v2").snapshot(), "newer_key": 1}
    with pytest.raises(SpecError, match="use the release that began the run"):
        Migration.from_snapshot(snapshot)


def test_a_rule_added_since_does_not_stop_a_rollback(specs: Path) -> None:
    snapshot = load("leads_v2").snapshot()
    snapshot["files"]["alter.sql"] = "DROP TABLE leads"  # what a load would refuse
    snapshot["tables"][0]["columns"] = {"preferences": "now()"}
    assert Migration.from_snapshot(snapshot).tables[0].alter_sql == "DROP TABLE leads"


def test_text_that_was_never_read_is_an_error_not_an_empty_text() -> None:
    spec = Migration.model_validate(
        {"name": "x", "title": "x", "strategy": "online", "owner": "x", "source": "x", "schema": {"up": "up.sql"}}
    )
    with pytest.raises(SqlTextMissing, match=r"'up\.sql' was not loaded"):
        _ = spec.up_sql


def test_titles_are_sorted_and_leave_bad_specs_out(specs: Path) -> None:
    (specs / "billing_18" / "migration.yaml").write_text("name: billing_18\n")
    assert list(titles()) == ["crm_split", "invoice_line_v2", "leads_v2", "ledger_window"]
    assert titles("online") == {
        "invoice_line_v2": "Lines of invoices keep four decimals",
        "leads_v2": "Leads get preferences and a wider id",
    }
    assert titles("blue_green") == {}
    assert list(problems()) == ["billing_18"]


@pytest.mark.parametrize(
    "breakage",
    [
        "",
        "\x00",
        "[1, 2",
        "just text",
        "- a\n- b",
        "{{{",
        "a: &a [*a]",
        "!!python/object:os.system x",
        "\t- x",
        "? [a]\n: b",
        "%YAML 9",
    ],
)
def test_one_bad_spec_never_breaks_the_others(specs: Path, breakage: str) -> None:
    (specs / "leads_v2" / "migration.yaml").write_text(breakage)
    good, bad = load_all()
    assert sorted(good) == ["billing_18", "crm_split", "invoice_line_v2", "ledger_window"]
    assert list(bad) == ["leads_v2"]
    assert all(p.file == "leads_v2/migration.yaml" and p.message for p in bad["leads_v2"].problems)


@pytest.mark.parametrize("breakage", ["[" * 300_000, "- " * 300_000, "{a: " * 300_000, "a:\n" + "- - " * 30 + "x"])
def test_no_nesting_ends_the_process(specs: Path, breakage: str) -> None:
    (specs / "leads_v2" / "migration.yaml").write_text(breakage)
    good, bad = load_all()
    assert len(good) == 4
    assert "nested deeper than 20 levels" in str(bad["leads_v2"])


def test_unreadable_and_strange_folders_are_named(specs: Path) -> None:
    (specs / "empty").mkdir()
    (specs / "_shared").mkdir()
    (specs / ".git").mkdir()
    (specs / "readme.txt").write_text("no migration")
    (specs / "binary").mkdir()
    (specs / "binary" / "migration.yaml").write_bytes(b"\xff\xfe\x00")
    (specs / "folder_for_file").mkdir()
    (specs / "folder_for_file" / "migration.yaml").mkdir()
    (specs / "dangling").mkdir()
    (specs / "dangling" / "migration.yaml").symlink_to("nowhere")
    _, bad = load_all()
    assert sorted(bad) == ["binary", "dangling", "empty", "folder_for_file"]
    assert "there is no migration.yaml" in str(bad["empty"])
    assert "no UTF-8" in str(bad["binary"])


@pytest.mark.parametrize(
    "name",
    ["../leads_v2", "leads_v2/../crm_split", "/etc/passwd", "", "Leads_v2", 'x"y', "leads v2", "x" * 49, "leads_v2\n"],
)
def test_a_name_that_is_no_name_is_refused_before_any_file_is_touched(specs: Path, name: str) -> None:
    with pytest.raises(SpecUnknown, match="is no name of a migration"):
        load(name)


def test_an_unknown_name_gets_the_nearest_one(specs: Path) -> None:
    with pytest.raises(SpecUnknown, match="did you mean 'leads_v2'"):
        load("leads_v3")
    with pytest.raises(SpecUnknown, match="there are: billing_18, crm_split"):
        load("zzzzzz")


def test_a_folder_can_be_loaded_wherever_it_is(specs: Path, tmp_path: Path) -> None:
    shutil.copytree(specs / "leads_v2", tmp_path / "elsewhere" / "leads_v2")
    assert load(tmp_path / "elsewhere" / "leads_v2").folder == tmp_path / "elsewhere" / "leads_v2"


def test_several_folders_of_migrations(specs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more, default = tmp_path / "more", tmp_path / "include" / "migrations"
    shutil.copytree(specs / "leads_v2", more / "leads_v2")
    shutil.copytree(specs / "crm_split", default / "crm_split")
    monkeypatch.setenv("CUTOVER_INCLUDE", str(tmp_path / "include"))
    monkeypatch.setenv("CUTOVER_MIGRATIONS", f"{more}:")  # the empty entry stands for include/migrations
    assert list(titles()) == ["crm_split", "leads_v2"]
    monkeypatch.setenv("CUTOVER_MIGRATIONS", f"{more}:{specs}")
    good, bad = load_all()
    assert good["leads_v2"].folder == more / "leads_v2" == load("leads_v2").folder
    assert list(bad) == [str(specs / "leads_v2")]
    assert f"the name is taken by {more / 'leads_v2'}" in str(bad[str(specs / "leads_v2")])
    monkeypatch.delenv("CUTOVER_MIGRATIONS")
    assert list(titles()) == ["crm_split"]
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path / "nowhere"))
    assert load_all() == ({}, {})


@pytest.mark.parametrize("changed", ["migration.yaml", "alter.sql", "up.sql"])
def test_a_change_of_any_file_is_seen_and_otherwise_nothing_is_read_again(specs: Path, changed: str) -> None:
    first = load("leads_v2")
    assert load("leads_v2") is first
    path = specs / "leads_v2" / changed
    path.write_text(path.read_text() + "\n")
    second = load("leads_v2")
    assert second is not first
    assert load("leads_v2") is second


def test_a_missing_file_that_appears_mends_the_spec(specs: Path) -> None:
    (specs / "leads_v2" / "alter.sql").rename(specs / "leads_v2" / "away.txt")
    with pytest.raises(SpecError, match=r"the file 'alter\.sql' is missing"):
        load("leads_v2")
    (specs / "leads_v2" / "away.txt").rename(specs / "leads_v2" / "alter.sql")
    assert load("leads_v2").tables[0].alter_sql


def test_what_is_unchanged_is_not_read_again_while_dags_are_parsed(
    specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(folder: Path) -> Reading:
        read.append(folder.name)
        return Reading(folder)

    monkeypatch.setattr(loader, "Reading", reading)
    monkeypatch.setattr(loader, "_cache", {})
    found = load_all()
    assert sorted(read) == sorted(folder.name for folder in specs.iterdir()), "each once"
    read.clear()
    assert load_all() == found and titles() and read == []
    (specs / "leads_v2" / "alter.sql").write_text("ALTER TABLE {table} ADD COLUMN more int;")
    load_all()
    assert read == ["leads_v2"]
