"""The whole verification of a run: schema, flow, rows, suites and baseline, each able to say no."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres import schema_facts
from cutover.postgres.blue_green import remove
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.live import NotBuilt
from cutover.postgres.blue_green.steps.sample import sample
from cutover.postgres.blue_green.steps.verify import verify
from cutover.postgres.connect import connect
from cutover.postgres.schema_facts import alike, settled
from localstack.cluster import Cluster
from support.pair_world import PairWorld, caught_up, forward

from .conftest import MakePair

TABLES = [
    {
        "name": "public.orders",
        "columns": {"loud": "upper(status)"},
        "reverse": {"legacy_flag": "status = 'DONE'"},
    }
]
UP = """
ALTER TABLE orders DROP COLUMN legacy_flag, ADD COLUMN loud varchar(20) CHECK (loud IN ('NEW', 'PAID', 'DONE'));
ALTER TABLE customers ALTER id TYPE bigint;
CREATE INDEX orders_open ON orders (loud) WHERE loud IN ('NEW', 'PAID');
CREATE VIEW loud_orders AS SELECT id, loud FROM orders WHERE loud IN ('NEW', 'PAID')
"""
QUERIES = "-- name: orders of a customer\nSELECT count(*) FROM orders WHERE customer_id = 7"


def ready(pair: PairWorld, **more: Any) -> RunContext:
    body = {"validate": {"suites": ["row_counts", "integrity"], "baseline_queries": "queries.sql"}, **more}
    folder = pair.spec(TABLES, {"up.sql": UP, "queries.sql": QUERIES}, **body)
    ctx = pair.begin(folder)
    forward(ctx)
    return ctx


def by_code(found: list[dict[str, Any]], code: str) -> list[Check]:
    return [Check.from_dict(one) for one in found if one["code"] == code]


def one(found: list[dict[str, Any]], code: str) -> Check:
    (check,) = by_code(found, code)
    return check


def test_all_is_well_and_then_each_thing_that_is_not(pair: PairWorld) -> None:
    ctx = ready(pair)
    found = verify(ctx)
    assert [check for check in found if not check["ok"] and check["severity"] == "error"] == []
    assert {"FOLLOWS", "SCHEMA_DIFF", "SCHEMA_CHANGED", "MATVIEWS", "ROW_COUNT", "ROW_DIFF", "SUITE", "BASELINE"} <= {
        check["code"] for check in found
    }
    assert one(found, "SCHEMA_DIFF").figures["compared"] > 100
    assert (
        "5,000 rows on both sides"
        in next(c for c in by_code(found, "ROW_COUNT") if c.object == "public.orders").summary
    )
    (warned,) = by_code(found, "WAY_BACK_VALUES")
    assert not warned.ok and not warned.blocks and "legacy_flag" in warned.summary
    assert {c.code for c in ctx.journal.checks(ctx.run_id)} == {check["code"] for check in found}
    report = json.loads(ctx.journal.document(ctx.run_id, "report.json").text)
    assert report["ok"] and "public.orders" in report["row_diffs"]
    assert "Safe to cut over" in ctx.journal.document(ctx.run_id, "report.html").text

    rows_and_rules(pair, ctx)
    blues_schema(pair, ctx)


def rows_and_rules(pair: PairWorld, ctx: RunContext) -> None:
    """Differences in rows are named by key and column, and suites see what constraints would."""
    pair.green(
        "SET session_replication_role = replica;"
        "UPDATE customers SET name = 'somebody else' WHERE id = 7; DELETE FROM customers WHERE id = 8"
    )
    found = verify(ctx)
    (diff,) = [check for check in by_code(found, "ROW_DIFF") if not check.ok]
    assert diff.object == "public.customers" and (diff.figures["changed"], diff.figures["missing_right"]) == (1, 1)
    assert {one["id"] for one in diff.figures["first_keys"]} == {"7", "8"}
    (counted,) = [check for check in by_code(found, "ROW_COUNT") if not check.ok]
    assert "1 missing on green" in counted.summary
    failed = {check.name for check in by_code(found, "SUITE") if not check.ok and check.blocks}
    assert "row_counts: as many rows as the live side" in failed
    assert any("no orphans: customer_id" in name for name in failed), failed
    assert "Do not cut over" in ctx.journal.document(ctx.run_id, "report.html").text
    pair.green(
        "SET session_replication_role = replica; UPDATE customers SET name = 'customer 7' WHERE id = 7;"
        "INSERT INTO customers SELECT 8, 'customer 8', '8@example.org', ROW('street, \"8\"', 8)::place,"
        " ARRAY['sad', NULL, 'glad']::mood[], decode(md5('8'), 'hex')"
    )
    assert all(check.ok for check in by_code(verify(ctx), "ROW_DIFF"))


def blues_schema(pair: PairWorld, ctx: RunContext) -> None:
    """DDL on blue during the run forbids the cutover: green lacks it."""
    pair.blue("CREATE INDEX CONCURRENTLY customers_name ON customers (name)")
    changed = one(verify(ctx), "SCHEMA_CHANGED")
    assert changed.blocks and "index public.customers_name is new" in changed.summary
    pair.blue("DROP INDEX customers_name")
    assert one(verify(ctx), "SCHEMA_CHANGED").ok


CHANGES = {
    "ALTER TABLE orders ALTER note SET DEFAULT 'x'": "column public.orders.note",
    "ALTER TABLE orders ALTER amount SET NOT NULL": "column public.orders.amount",
    "DROP INDEX orders_customer_idx": "index public.orders_customer_idx is missing on green",
    "ALTER INDEX orders_lower_idx RENAME TO other": "index public.other is on green only",
    "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey": "constraint orders_customer_id_fkey on public.orders",
    "ALTER TABLE customers OWNER TO pair_owner": "table public.customers: owner",
    "REVOKE INSERT ON orders FROM pair_app": "privileges table public.orders",
    "ALTER POLICY orders_app ON orders USING (true)": "policy orders_app on public.orders",
    "ALTER TABLE orders DISABLE ROW LEVEL SECURITY": "table public.orders",
    "ALTER TABLE orders DISABLE TRIGGER orders_touch": "trigger orders_touch on public.orders",
    "ALTER FUNCTION touch() SET search_path = public": "function public.touch()",
    "COMMENT ON TABLE orders IS 'else'": "table public.orders",
    "DROP STATISTICS orders_stats": "statistics public.orders_stats",
    "ALTER SEQUENCE downwards INCREMENT BY -2": "sequence public.downwards",
    "ALTER TYPE mood ADD VALUE 'mad'": "type public.mood",
    "CREATE TABLE stray (id int)": "table public.stray is on green only",
    "ALTER TABLE orders SET (fillfactor = 70)": "table public.orders",
    "CREATE OR REPLACE VIEW loud_orders AS SELECT id, loud FROM orders": "view public.loud_orders",
}


def test_every_difference_between_green_and_its_design_is_named(pair: PairWorld) -> None:
    ctx = ready(pair, validate={"row_diff": "off"})
    assert one(verify(ctx), "SCHEMA_DIFF").ok
    for statement, named in CHANGES.items():
        with connect(pair.green_info) as db:
            before = schema_facts.gather(db)
            pair.green(statement)
            after = schema_facts.gather(db)
        assert any(
            named in line
            for line in schema_facts.differences(before, after, words=("is missing on green", "is on green only"))
        ), statement
    diff = one(verify(ctx), "SCHEMA_DIFF")
    assert diff.blocks and diff.figures["differences"] >= len(CHANGES) and "; and " in diff.summary
    listed = "\n".join(diff.figures["first"])
    assert [named for named in CHANGES.values() if named not in listed] == []


def test_constraints_that_were_never_validated_and_indexes_that_failed_are_differences(pair: PairWorld) -> None:
    ctx = ready(pair, validate={"row_diff": "off"})
    pair.green(
        "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey; ALTER TABLE orders ADD CONSTRAINT"
        " orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers NOT VALID"
    )
    pair.green("DROP INDEX orders_customer_idx")
    with pytest.raises(psycopg.errors.UniqueViolation):
        pair.green("CREATE UNIQUE INDEX CONCURRENTLY orders_customer_idx ON orders (customer_id)")
    first = "\n".join(one(verify(ctx), "SCHEMA_DIFF").figures["first"])
    assert "NOT VALID" in first and "INVALID" in first


def test_a_definition_that_a_dump_writes_differently_says_the_same() -> None:
    made = "CHECK (((s)::text = ANY ((ARRAY['a,b'::character varying, 'c'']['::character varying])::text[])))"
    read = "CHECK (((s)::text = ANY (ARRAY[('a,b'::character varying)::text, ('c'']['::character varying)::text])))"
    assert settled(made) == read == settled(read) and alike(made, read)
    assert not alike(made, read.replace("a,b", "a,c"))


def test_what_does_not_travel_is_said(pair: PairWorld) -> None:
    pair.blue("CREATE TABLE scratch (a int); INSERT INTO scratch VALUES (1)")
    folder = pair.spec([{"name": "public.scratch", "without_key": "ignore"}], {}, name="ignoring")
    ctx = pair.begin(folder)
    forward(ctx)
    (said,) = [check for check in by_code(verify(ctx), "NOT_FOLLOWED") if check.object == "public.scratch"]
    assert not said.ok and not said.blocks


def test_a_table_without_key_is_compared_as_a_whole(pair: PairWorld) -> None:
    pair.blue(
        "CREATE TABLE scratch (a int, b text); INSERT INTO scratch SELECT n % 3, 'x' FROM generate_series(1, 100) n"
    )
    ctx = pair.begin(pair.spec([{"name": "public.scratch", "without_key": "full"}], {}, name="whole"))
    forward(ctx)
    pair.blue(
        "UPDATE scratch SET b = 'y' WHERE a = 1; DELETE FROM scratch WHERE ctid = (SELECT min(ctid) FROM scratch)"
    )
    caught_up(ctx)
    (check,) = [check for check in by_code(verify(ctx), "ROW_MULTISET") if check.object == "public.scratch"]
    assert check.ok and "99 rows on both sides" in check.summary


def test_before_green_follows_there_is_nothing_to_verify(pair: PairWorld) -> None:
    from cutover.postgres.blue_green.steps.build import build

    ctx = pair.begin()
    build(ctx)
    with pytest.raises(NotBuilt, match="is only built"):
        verify(ctx)
    remove.everything(ctx, Ends.of(ctx))


def test_every_combination_of_versions(any_pair: PairWorld) -> None:
    ctx = ready(any_pair, validate={"suites": ["integrity"]})
    found = verify(ctx)
    assert [check for check in found if not check["ok"] and check["severity"] == "error"] == []


def test_a_blue_of_15(make_pair: MakePair, pg15: Cluster, pg18: Cluster) -> None:
    ctx = ready(make_pair(pg15, pg18), validate={"suites": ["row_counts", "integrity"]})
    assert sample(ctx, patience=20)["arrived"]
    assert [check for check in verify(ctx) if not check["ok"] and check["severity"] == "error"] == []
