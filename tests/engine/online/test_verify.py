"""Verification sees what is wrong, names it, and leaves a report; finalize and status at its side."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cutover.errors import CutoverError
from cutover.postgres import online
from support.online_world import World, forward

SUITES = {"suites": ["row_counts", "integrity"]}


def _verdicts(checks: list[dict[str, object]]) -> dict[object, bool]:
    return {check["code"]: bool(check["ok"]) for check in checks if check["code"] in ("ROW_COUNT", "ROW_DIFF")}


def test_all_is_well_and_the_report_says_so(world: World) -> None:
    ctx = world.orders_run(validate=SUITES)
    forward(ctx)
    world.sql("UPDATE orders SET note = NULL WHERE id < 50")  # on its way: no difference
    checks = online.verify(ctx)
    assert [check for check in checks if not check["ok"]] == []
    assert len(checks) > 5  # the suites as well
    page = world.journal.document(ctx.run_id, "report.html")
    data = json.loads(world.journal.document(ctx.run_id, "report.json").body)
    assert data["ok"] and data["row_diffs"]["public.orders"]["rows_left"] == 5000
    assert b"http" not in bytes(page.body) and b"<script" not in bytes(page.body)


@pytest.mark.parametrize(
    ("damage", "diff", "count"),
    [
        ("UPDATE {} SET remark = NULL WHERE id = 8", False, True),
        ("UPDATE {} SET remark = 'null' WHERE id = 5", False, True),
        ("UPDATE {} SET preferences = '{{}}' WHERE id = 9", False, True),
        ("DELETE FROM {} WHERE id = 77", False, False),
        ("INSERT INTO {} (id, customer_id) VALUES (999999, 1)", False, False),
    ],
)
def test_damage_behind_its_back_is_found(world: World, damage: str, diff: bool, count: bool) -> None:
    ctx = world.orders_run()
    forward(ctx)
    world.sql(damage.format("cutover_new_1_public.orders"))
    assert _verdicts(online.verify(ctx)) == {"ROW_DIFF": diff, "ROW_COUNT": count}


def test_a_lossy_change_of_type_is_a_difference(world: World) -> None:
    world.sql("CREATE TABLE prices (id integer PRIMARY KEY, amount numeric(10, 2))")
    world.sql("INSERT INTO prices VALUES (1, 1.20), (2, 1.25)")
    alter = "ALTER TABLE prices ALTER COLUMN amount TYPE numeric(10, 1)"
    ctx = world.begin(world.spec([{"name": "public.prices", "alter": "alter.sql"}], {"alter.sql": alter}))
    forward(ctx)
    checks = online.verify(ctx)
    assert _verdicts(checks) == {"ROW_DIFF": False, "ROW_COUNT": True}
    assert next(check for check in checks if check["code"] == "ROW_DIFF")["figures"]["total"] == 1


def test_a_key_that_is_written_without_a_pause_is_judged_all_the_same(world: World) -> None:
    ctx = world.orders_run()
    forward(ctx)
    over = threading.Event()

    def write() -> int:
        count = 0
        with world.connect() as db:
            while not over.is_set():
                db.execute("UPDATE orders SET note = %s WHERE id = 7", (str(count),))
                count += 1
        return count

    with ThreadPoolExecutor() as pool:
        writes = pool.submit(write)
        checks = online.verify(ctx)
        over.set()
        assert writes.result() > 0
    assert _verdicts(checks) == {"ROW_DIFF": True, "ROW_COUNT": True}
    assert next(check for check in checks if check["code"] == "ROW_DIFF")["figures"]["undecided"] == 0


def test_the_baseline_names_the_query_that_the_new_side_cannot_answer(world: World) -> None:
    world.sql("CREATE TABLE prices (id integer PRIMARY KEY, owner integer)")
    world.sql("INSERT INTO prices SELECT n, n % 7 FROM generate_series(1, 1000) AS n")
    queries = "-- name: quoted\nSELECT id FROM prices WHERE owner = '3';\nSELECT id FROM prices WHERE owner = 3"
    files = {"alter.sql": "ALTER TABLE prices ALTER COLUMN owner TYPE text", "queries.sql": queries}
    validate = {"baseline_queries": "queries.sql", "tolerance": 9}
    tables = [{"name": "public.prices", "alter": "alter.sql"}]
    ctx = world.begin(world.spec(tables, files, validate=validate))
    forward(ctx)
    found = {check["name"]: check for check in online.verify(ctx) if check["code"] == "BASELINE"}
    assert found["baseline: quoted"]["ok"]
    other = found["baseline: SELECT id FROM prices WHERE owner = 3"]
    assert (other["ok"], other["severity"]) == (False, "error")
    assert "operator does not exist: text = integer" in other["summary"]
    assert "BASELINE" in world.journal.document(ctx.run_id, "report.json").body.decode()


def test_two_tables_that_refer_to_each_other_go_together(world: World) -> None:
    ctx = world.orders_run()
    online.roll_back(ctx)
    world.end(ctx)
    tables = [{"name": "public.orders", "alter": "a.sql"}, {"name": "public.order_items", "alter": "b.sql"}]
    files = {
        "a.sql": "ALTER TABLE orders ALTER COLUMN id TYPE bigint",
        "b.sql": "ALTER TABLE order_items ALTER COLUMN order_id TYPE bigint",
    }
    both = world.begin(world.spec(tables, files, name="both"))
    forward(both)
    online.swap(both)
    online.settle(both)
    foreign_key = (
        "SELECT confrelid::regclass::text, convalidated FROM pg_constraint"
        " WHERE conname = 'order_items_order_fk' AND conrelid = 'order_items'::regclass"
    )
    assert world.sql(foreign_key) == [("orders", True)]
    world.sql("DELETE FROM orders WHERE id = 100")
    assert world.one("SELECT count(*) FROM order_items WHERE order_id = 100") == 0
    assert _verdicts(online.verify(both)) == {"ROW_DIFF": True, "ROW_COUNT": True}
    assert online.roll_back(both)["differences"] == []
    assert world.sql(foreign_key) == [("orders", True)]


def test_finalize_drops_or_archives_and_refuses_before_the_swap(world: World) -> None:
    ctx = world.orders_run()
    forward(ctx)
    with pytest.raises(CutoverError, match="was not swapped"):
        online.finalize(ctx)
    online.swap(ctx)
    assert online.finalize(ctx, "drop") == {"archived": [], "dropped": ["public.orders"]}
    assert online.finalize(ctx, "drop") == {"archived": [], "dropped": []}
    assert world.leftovers() == []
    assert world.one("SELECT count(*) FROM orders_per_status") == 3
