"""The plan of a run between two databases: what it says is true of them, and safe to show."""

from __future__ import annotations

import json

import psycopg
import pytest

from cutover.cli.main import main
from cutover.postgres.plan import plan_document
from cutover.postgres.plan.model import Range
from cutover.postgres.plan_pair import PairPlan, plan_of
from cutover.postgres.plan_pair.estimate import times
from cutover.postgres.plan_pair.model import Speed
from cutover.postgres.preflight_pair import gather, judge
from support.connections import Connections
from support.pair_preflighting import Asked

pytestmark = pytest.mark.timeout(180)

UP = """ALTER TABLE orders ALTER amount TYPE numeric(12,2), ADD COLUMN cents bigint;
ALTER TABLE orders DROP COLUMN legacy_flag, DROP COLUMN body;
ALTER TABLE customers ADD UNIQUE (name); CREATE TABLE tags (id int PRIMARY KEY);"""
TABLES = [
    {"name": "orders", "columns": {"cents": "(amount * 100)::bigint"}, "reverse": {"legacy_flag": "status = 'DONE'"}}
]


def made(asked: Asked, **more: object) -> PairPlan:
    plan = plan_document(asked.draft(TABLES, UP, **more))
    assert isinstance(plan, PairPlan)
    return plan


def test_reading_is_broken_off_when_enough_is_known(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that is too slow to read a part of a large table within a second."""
    asked.world.blue("UPDATE orders SET body = repeat('x', 2000)")  # too much to be on its way already
    monkeypatch.setattr("cutover.postgres.plan_pair.measure.SECONDS", 0.0)
    speed = made(asked).speed
    assert speed and 0 < speed.bytes < 5000 * 2000 and speed.per_second > 0


def test_what_changes_is_shown_with_its_way_back(asked: Asked) -> None:
    plan = made(asked)
    changes = {(c.object, c.here, c.there, c.back) for c in plan.changes}
    assert changes == {
        ("public.orders.amount", "numeric(10,2)", "numeric(12,2)", "read as numeric(10,2)"),
        ("public.orders.cents", "-", "bigint := (amount * 100)::bigint", "stays on green"),
        ("public.orders.legacy_flag", "boolean", "dropped", "status = 'DONE'"),
        ("public.orders.body", "text", "dropped", "NULL in new rows"),
        (
            "public.customers",
            "-",
            "CREATE UNIQUE INDEX customers_name_key ON public.customers USING btree (name)",
            "-",
        ),
        ("public.tags", "-", "new table", "its rows stay on green"),
    }
    assert plan.changes_known and plan.sequences == 5
    assert plan.roles == ["pair_app", "pair_owner"]
    assert plan.objects.startswith("6 tables from PostgreSQL 16.") and " to 18." in plan.objects
    assert plan.rows == 300 + 5000 + 2000 + 50
    largest = plan.tables[0]
    assert (largest.name, largest.rows, largest.known_by, largest.followed) == ("public.orders", 5000, "id", True)
    assert largest.bytes > 8192 and largest.indexes > 8192


def test_the_page_has_every_section_and_names_what_would_be_lost(asked: Asked) -> None:
    asked.world.blue("CREATE TABLE ignored (a int); CREATE PUBLICATION warehouse FOR TABLE orders")
    tables = [*TABLES, {"name": "ignored", "without_key": "ignore"}]
    plan = plan_document(asked.draft(tables, UP, description="Ids run out in *March*.", rollback={"window": "3d"}))
    page = plan.markdown
    assert [line for line in page.splitlines() if line.startswith("#")] == [
        "# A trial",
        "## Objective",
        "## What changes",
        "## What moves",
        "## Risks",
        "### Warnings",
        "### What will be done",
        "## Order",
        "## Time, pause, disk",
        "## Who is affected",
        "## Way back",
        "## Approval, window, contact",
    ]
    assert "| `public.ignored` |" in page and "**not followed**" in page
    assert "Mind: public.orders.body: it is dropped: on the way back new rows get NULL" in page
    assert "Subscribers of publication warehouse: stay on blue" in page
    assert "ALTER TABLE orders ALTER amount TYPE" in page and "Ids run out in *March*." in page
    assert "follows every write on green for 3 days" in page and "dumped to S3, and its CONNECT revoked" in page
    assert "| 6 cut over |" in page and "past 3 s everything stays as it was" in page
    assert asked.world.blue_info.password not in page
    assert "PostgreSQL 16." in page and "PostgreSQL 18." in page
    assert asked.world.leftovers() == []


def test_a_plan_is_data_as_well(asked: Asked) -> None:
    plan = made(asked)
    body = json.loads(json.dumps(plan.as_dict(), default=str))
    assert body["blue_version"].startswith("16.") and body["tables"][0]["name"] == "public.orders"
    assert plan.total is not None and plan.total.low <= plan.total.high
    assert plan.speed is not None and plan.speed.per_second > 1e5
    assert str(plan) == plan.markdown


def test_findings_that_are_given_are_those_that_are_shown(asked: Asked) -> None:
    pair = asked.facts(TABLES, UP)
    found = [f for f in judge(pair) if f.code == "BG063"]
    plan = plan_of(pair, found, None)
    assert plan.findings == found and plan.speed is None
    assert "nothing could be measured" in plan.markdown


def test_what_could_not_be_tried_is_not_called_unchanged(asked: Asked) -> None:
    plan = plan_document(asked.draft([], "ALTER TABLE nowhere ADD a int"))
    assert isinstance(plan, PairPlan) and not plan.changes_known
    page = plan.markdown
    assert "Not known: the migration's SQL could not be tried" in page and "### Errors: the run is refused" in page


def test_nothing_that_looks_like_html_gets_through(asked: Asked) -> None:
    asked.world.blue("COMMENT ON TABLE orders IS '<script>'")
    page = plan_document(asked.draft(TABLES, UP, description="<script>alert(1)</script>")).markdown
    assert "<script>" not in page


def test_more_rows_take_longer_and_more_workers_do_not(asked: Asked) -> None:
    tables = asked.facts().blue.structure.travelling()
    slow = Speed("public.orders", 10**6, 1e4)
    one, four = times(tables, 5, 1, slow), times(tables, 5, 4, slow)
    assert one.copy.low > four.copy.low and one.index == four.index
    assert times(tables * 20, 5, 1, slow).copy.high > one.copy.high
    assert times(tables * 20, 900, 1, None).pause.high > one.pause.high
    assert isinstance(one.total, Range) and one.pause.low < 0.1


@pytest.fixture
def commanded(asked: Asked, make_connection: Connections, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The same pair by environment, as the command line finds it."""
    for conn_id, info in {**asked.world.infos, "cutover_journal": asked.world.journal.info}.items():
        make_connection(conn_id, info)
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(asked.world.folder))
    return asked


def test_the_commands_know_the_strategy(commanded: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    commanded.world.spec(TABLES, {"up.sql": UP})
    assert main(["preflight", "trial"]) == 0
    said = capsys.readouterr().out
    assert "[BG061]" in said and "[BG067]" in said
    assert main(["preflight", "trial", "--strict"]) == 1
    capsys.readouterr()
    assert main(["plan", "trial"]) == 0
    assert "## Time, pause, disk" in capsys.readouterr().out
    commanded.world.blue("CREATE TABLE keyless (a int)")
    assert main(["preflight", "trial", "--json"]) == 1
    body = json.loads(capsys.readouterr().out)
    assert "BG024" in {finding["code"] for finding in body["findings"] if finding["severity"] == "error"}


def test_a_locked_table_is_named_instead_of_waited_for(asked: Asked) -> None:
    with psycopg.connect(asked.world.blue_info.conninfo(application_name="mover")) as locker:
        locker.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(gather.CatalogLocked, match=r"AccessExclusiveLock on public.orders \(pid \d+, mover\)"):
            asked.findings()
    assert asked.of("BG057") == []
