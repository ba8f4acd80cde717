"""The plan: what it says is true of the database, and safe to show."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from cutover.opening import open_draft
from cutover.postgres.plan import Plan, plan_document, plan_of
from cutover.postgres.plan.estimate import fill
from cutover.postgres.plan.model import Measured
from cutover.postgres.preflight import gather, judge
from support.connections import Connections
from support.preflighting import Place, migration

if TYPE_CHECKING:
    from cutover.journal.store import Journal

CHANGE = {
    "name": "public.leads",
    "alter": "alter.sql",
    "columns": {"cents": "(amount * 100)::bigint"},
    "reverse": {"amount": "cents / 100.0"},
}
ALTER = """ALTER TABLE leads ALTER COLUMN id TYPE bigint, ADD COLUMN cents bigint, DROP COLUMN amount, DROP COLUMN code;
ALTER TABLE leads RENAME COLUMN email TO mail;
CREATE UNIQUE INDEX leads_mail_key ON leads (mail);"""
ROWS = "INSERT INTO leads (id, email) SELECT i, 'x' || i FROM generate_series(1000, 40000) i; ANALYZE leads"


def made(place: Place, **more: object) -> Plan:
    spec = migration([CHANGE], {"alter.sql": ALTER, "up.sql": "CREATE TYPE mood AS ENUM ('good')"}, **more)
    with place.session() as db:
        facts = gather(db, spec)
        return plan_of(db, facts, judge(facts), "shop (here:1/shop)", "leads_v2.1")


def test_columns_are_shown_with_where_they_come_from_and_how_they_go_back(place: Place) -> None:
    (table,) = made(place).tables
    assert {(c.column, c.source, c.back) for c in table.changes} == {
        ("id", "id (integer)", "to id as integer"),
        ("mail", "email (renamed)", "to email"),
        ("cents", "(amount * 100)::bigint", "into amount"),
        (None, "amount", "cents / 100.0"),
        (None, "code", None),
    }
    assert table.unchanged == 2 and table.kept == ["code"] and table.key == ["id"]
    assert table.constraints == ["leads_mail_key CREATE UNIQUE INDEX leads_mail_key ON leads USING btree (mail)"]


def test_the_page_has_every_section_and_names_what_would_be_lost(place: Place) -> None:
    place.sql("CREATE VIEW ids AS SELECT id FROM leads; CREATE TABLE items (lead int REFERENCES leads)")
    page = made(place, schema={"up": "up.sql"}, description="Ids run out in *March*.").markdown
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings == [
        "# Leads get a wider id",
        "## Objective",
        "## First: schema.up",
        "## What changes: public.leads",
        "## Risks",
        "### Warnings",
        "### What will be done",
        "## Order",
        "## Time and disk",
        "## Who is affected",
        "## Way back",
        "## Approval, window, contact",
    ]
    assert "Lost by a rollback: `code` of public.leads" in page and "Left behind" not in page
    assert "View public.ids over public.leads: dropped and created anew" in page
    assert "Table public.items refers to public.leads: locked in the swap" in page
    assert "CREATE TYPE mood" in page and "Ids run out in *March*." in page
    assert "- `public.ids` ACCESS EXCLUSIVE: view" in page
    assert "follow every write for 48 h" in page


def test_what_is_written_in_names_cannot_become_markup(place: Place) -> None:
    place.sql('CREATE TABLE "odd|name <b>" ("a|b" int PRIMARY KEY, c text)')
    wanted = {"name": "public.odd|name <b>", "columns": {"c": "'<i>|' || c"}, "reverse": {"c": "substr(c, 5)"}}
    spec = migration([wanted], title="<script>alert(1)</script> | title", description="<img src=x>")
    with place.session() as db:
        facts = gather(db, spec)
        page = plan_of(db, facts, judge(facts), "shop").markdown
    outside_code = "".join(page.split("`")[::2])
    assert "<script" not in page and "<img" not in page
    assert "<b>" not in outside_code and "<i>" not in outside_code
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert all(len(line.replace("\\|", "").split("|")) == 6 for line in tables), tables


def test_the_copy_rate_is_measured_and_the_range_is_one(place: Place) -> None:
    place.sql(ROWS)
    before = place.sql("SELECT relname, oid FROM pg_class ORDER BY 2")
    plan = made(place)
    (table,) = plan.tables
    assert table.rows == 39051 and table.measured and table.fill and plan.total
    assert table.measured.rows >= 1000 and 1_000 < table.measured.copy < 100_000_000
    assert 0 < table.fill.low < table.fill.high and plan.total.low < plan.total.high
    assert f"{table.rows:,} rows" in plan.markdown and "rows/s copied by one session" in plan.markdown
    assert place.sql("SELECT relname, oid FROM pg_class ORDER BY 2") == before


def test_more_rows_and_pauses_take_longer_more_workers_less() -> None:
    speed = Measured(10_000, copy=100_000, read=500_000, index_seconds=0.1)
    one = fill(speed, 1_000_000, workers=1, batch_rows=10_000, pause=0)
    assert one.low < 10 < one.high
    assert fill(speed, 2_000_000, 1, 10_000, 0).high == 2 * one.high
    assert fill(speed, 1_000_000, 4, 10_000, 0).low < one.low
    assert fill(speed, 1_000_000, 1, 10_000, 1).low == one.low + 100


def test_a_table_that_cannot_be_tried_gets_no_figures_but_a_plan(place: Place) -> None:
    place.sql("ALTER TABLE leads DROP CONSTRAINT leads_pkey")
    plan = made(place)
    assert plan.total is None and plan.tables[0].measured is None
    page = plan.markdown
    assert "### Errors: the run is refused" in page and "PF008" in page and "No time is given" in page
    assert "not measured" in page and "key none" in page


def test_a_missing_table_and_an_unanalyzed_one_do_not_stop_it(place: Place) -> None:
    place.sql("CREATE TABLE fresh (id int PRIMARY KEY)")
    spec = migration([{"name": "missing"}, {"name": "fresh"}])
    with place.session() as db:
        facts = gather(db, spec)
        plan = plan_of(db, facts, judge(facts), "shop")
    assert "PF001" in plan.markdown and "number of rows unknown" in plan.markdown


def test_errors_come_before_warnings_and_infos(place: Place) -> None:
    plan = made(place)
    assert [f.severity for f in plan.findings] == sorted(
        (f.severity for f in plan.findings), key=["error", "warning", "info"].index
    )


def test_the_plan_is_json_safe(place: Place) -> None:
    assert json.loads(json.dumps(made(place).as_dict()))["tables"][0]["name"] == "public.leads"


def test_the_plan_says_who_is_asked_and_when(place: Place) -> None:
    more = {
        "cutover": {"approval": "auto", "max_pause": "500ms"},
        "announce": {"channel": "#moves", "window_start": "2026-12-01T02:00:00+00:00"},
        "rollback": {"automatic": False, "window": "3d"},
    }
    page = made(place, **more).markdown
    for words in (
        "not asked for",
        "2026-12-01T02:00:00+00:00",
        "#moves",
        "only by hand",
        "for 3 days",
        "at most 500 ms",
    ):
        assert words in page
    archived = made(place)
    dropped = replace(archived, tables=[replace(table, old_table="drop") for table in archived.tables])
    assert "kept as an archive" in archived.markdown and "are dropped then" in dropped.markdown


@pytest.fixture
def shop(place: Place, make_connection: Connections) -> Iterator[Connections]:
    make_connection("shop", place.info)
    yield make_connection


def test_a_draft_has_a_plan_and_the_secret_is_not_in_it(place: Place, shop: Connections, journal: Journal) -> None:
    spec = migration([CHANGE], {"alter.sql": ALTER})
    plan = plan_document(open_draft(spec, journal, shop.resolve, log=logging.getLogger("cutover")))
    assert f"shop (127.0.0.1:{place.info.port}/{place.info.dbname})" in plan.markdown
    assert str(plan) == plan.markdown and plan.run_id and plan.run_id.startswith("leads_v2.")
    assert place.info.password and place.info.password not in plan.markdown
    with psycopg.connect(place.info.conninfo()) as db:
        assert db.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'cutover%'").fetchone() == (0,)


def test_findings_of_a_preflight_just_made_are_taken_as_they_are(
    place: Place, shop: Connections, journal: Journal
) -> None:
    spec = migration([CHANGE], {"alter.sql": ALTER})
    found = [
        replace(finding, message="as it was said before")
        for finding in place.findings(CHANGE, files={"alter.sql": ALTER})
    ]
    plan = plan_document(open_draft(spec, journal, shop.resolve), found)
    assert plan.findings == found and "as it was said before" in plan.markdown
