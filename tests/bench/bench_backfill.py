"""Backfill rows/s against one plain INSERT ... SELECT of the same rows, in the same run, as ratios.

The plain statement fills a table that has its primary key, as people write it. The backfill is given with one and with
two workers, copy alone (the shadow has no key yet) and copy plus building the key, which is the like-for-like figure.

    python tests/bench/bench_backfill.py [--rows 2000000] [--rounds 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("plugins", "bin", "tests")]

import psycopg  # noqa: E402

from cutover.journal.store import Journal  # noqa: E402
from cutover.postgres import online  # noqa: E402
from cutover.postgres.online import state  # noqa: E402
from cutover.postgres.online.steps import index  # noqa: E402
from localstack.throwaway import throwaway  # noqa: E402
from support.online_world import World  # noqa: E402

TABLE = """
CREATE TABLE orders (id bigint PRIMARY KEY, name text NOT NULL, amount numeric(10, 2), data jsonb,
                     created_at timestamptz NOT NULL, updated_at timestamptz);
INSERT INTO orders SELECT n, 'customer number ' || n, n / 7.0, jsonb_build_object('n', n, 'flag', n % 2 = 0),
       '2020-01-01'::timestamptz + n * interval '1 second', now() FROM generate_series(1, {rows}) AS n;
VACUUM ANALYZE orders;
"""
PLAIN = """
DROP TABLE IF EXISTS plain;
CREATE TABLE plain (LIKE orders INCLUDING ALL);
"""


def plain(world: World) -> float:
    """Seconds of one INSERT ... SELECT into a table with its key."""
    world.sql(PLAIN)
    with world.connect() as db:
        db.execute("CHECKPOINT")
        began = time.monotonic()
        db.execute("INSERT INTO plain SELECT * FROM orders")
        return time.monotonic() - began


def ours(world: World, workers: int) -> tuple[float, float]:
    """Seconds of the backfill, and of the backfill with the key."""
    folder = world.spec([{"name": "public.orders"}], {}, backfill={"workers": workers})
    ctx = world.begin(folder)
    online.build(ctx)
    world.sql("CHECKPOINT")
    began = time.monotonic()
    online.backfill(ctx)
    copied = time.monotonic() - began
    with ctx.source("bench") as db:
        for table in state.tables(db, ctx.run_id):
            index.build_key(ctx, db, table)
    keyed = time.monotonic() - began
    online.roll_back(ctx)
    world.end(ctx)
    return copied, keyed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    settings = {"shared_buffers": "512MB", "max_wal_size": "8GB"}
    with throwaway(16, **settings) as cluster, tempfile.TemporaryDirectory() as folder:
        journal = Journal(cluster.create_database("journal"))
        journal.migrate()
        world = World(Path(folder), cluster.create_database("bench"), journal)
        for statement in TABLE.format(rows=options.rows).strip().split(";\n"):
            world.sql(statement)
        figures = measure(world, options.rows, options.rounds)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def measure(world: World, rows: int, rounds: int) -> dict[str, Any]:
    """Run everything in turn, ``rounds`` times, and compare medians."""
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        seconds.setdefault("plain", []).append(plain(world))
        for workers in (1, 2):
            copied, keyed = ours(world, workers)
            seconds.setdefault(f"copy, {workers} workers", []).append(copied)
            seconds.setdefault(f"copy and key, {workers} workers", []).append(keyed)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "rows": rows,
        "rows_per_second": {name: round(rows / value) for name, value in median.items()},
        "ratio_to_plain": {name: round(median["plain"] / value, 2) for name, value in median.items()},
        "server": psycopg.connect(world.info.conninfo()).info.parameter_status("server_version"),
    }


if __name__ == "__main__":
    main()
