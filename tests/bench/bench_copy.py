"""The initial copy against what else could make it, 16 -> 18, on the same rows in one run: seconds and ratios.

``ours``: rows under one snapshot, then indexes, constraints, ANALYZE: until green can follow, which is when the slot
no longer keeps WAL for it (VACUUM comes while it follows); with the schema before it: ``whole``.
``server``: the server's own table sync, a subscription with copy_data = true into the finished schema, as documented;
until every table is synchronized, ANALYZE not counted. ``pgcopydb``: 0.10 of Debian, ``clone``, where it can be had:
its own figures for rows, indexes, constraints and VACUUM, and the whole command. Two jobs everywhere.

    python tests/bench/bench_copy.py [--rows 2000000] [--rounds 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
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
from cutover.postgres.blue_green import remove  # noqa: E402
from cutover.postgres.blue_green.ends import Ends  # noqa: E402
from cutover.postgres.blue_green.steps.build import build  # noqa: E402
from cutover.postgres.blue_green.steps.copy import copy  # noqa: E402
from cutover.postgres.blue_green.steps.index import index  # noqa: E402
from localstack.cluster import Cluster  # noqa: E402
from localstack.pgbinaries import bin_folder  # noqa: E402
from localstack.throwaway import throwaway  # noqa: E402
from support import bench_shop, pgcopydb  # noqa: E402
from support.pair_world import PairWorld  # noqa: E402

JOBS = 2


def ours(pair: PairWorld) -> dict[str, float]:
    """Seconds of a run up to where it would begin to follow."""
    ctx = pair.begin(pair.spec(backfill={"workers": JOBS}))
    began = time.monotonic()
    build(ctx)
    built = time.monotonic()
    moved = copy(ctx)
    copied = time.monotonic()
    index(ctx)
    ended = time.monotonic()
    remove.everything(ctx, Ends.of(ctx))
    pair.end(ctx)
    return {
        "ours": ended - built,
        "ours, whole": ended - began,
        "ours, rows only": copied - built,
        "ours, MB/s of rows": moved["megabytes_per_second"],
    }


def server(pair: PairWorld, blue: Cluster, green: Cluster) -> dict[str, float]:
    """Seconds until the server's own synchronization has every table."""
    schema = green.run("pg_dump", "--schema-only", "-d", pair.blue_info.conninfo()).stdout
    green.psql(schema, pair.green_info.dbname)
    pair.blue("CREATE PUBLICATION bench FOR ALL TABLES")
    began = time.monotonic()
    pair.green(f"CREATE SUBSCRIPTION bench CONNECTION '{pair.blue_info.conninfo()}' PUBLICATION bench")
    with psycopg.connect(pair.green_info.conninfo(), autocommit=True) as db:
        while db.execute("SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r'").rowcount:
            time.sleep(0.05)
    took = time.monotonic() - began
    pair.green("DROP SUBSCRIPTION bench")
    pair.blue("DROP PUBLICATION bench")
    _empty(pair, green)
    return {"server": took}


def peer(pair: PairWorld, green: Cluster, program: Path) -> dict[str, float]:
    """Seconds of ``pgcopydb clone``."""
    took = pgcopydb.clone(program, pair.blue_info, pair.green_info, JOBS)
    _empty(pair, green)
    return took


def _empty(pair: PairWorld, green: Cluster) -> None:
    green.drop_database(pair.green_info.dbname)
    green.create_database(pair.green_info.dbname)


def measure(pair: PairWorld, blue: Cluster, green: Cluster, rounds: int, program: Path | None) -> dict[str, Any]:
    """Run everything in turn, ``rounds`` times, and compare medians."""
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        runs = [lambda: server(pair, blue, green), lambda: ours(pair)]
        if program:
            runs.append(lambda: peer(pair, green, program))
        for run in runs:
            for cluster in (blue, green):
                cluster.psql("CHECKPOINT")
            for name, value in run().items():
                taken.setdefault(name, []).append(value)
    median = {name: round(statistics.median(values), 2) for name, values in taken.items()}
    others = {name: value for name, value in median.items() if not name.startswith("ours")}
    return {
        "seconds": median,
        "all": {name: [round(value, 2) for value in values] for name, values in taken.items()},
        "times_faster_than": {
            name: round(value / median["ours, whole" if name.endswith("whole") else "ours"], 2)
            for name, value in others.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    os.environ["CUTOVER_PG_BIN"] = str(bin_folder(18))
    settings: dict[str, str | int] = {"shared_buffers": "512MB", "max_wal_size": "8GB"}
    with (
        throwaway(16, **settings) as blue,
        throwaway(18, **settings) as green,
        tempfile.TemporaryDirectory() as folder,
    ):
        journal = Journal(green.create_database("journal"))
        journal.migrate()
        pair = PairWorld(Path(folder), blue.create_database("bench"), green.create_database("bench_green"), journal)
        bench_shop.fill(pair.blue, options.rows)
        figures = measure(pair, blue, green, options.rounds, pgcopydb.find(Path(folder) / "debs"))
        size = pair.blue("SELECT pg_database_size(current_database())")[0][0]
    figures = {"rows": options.rows, "database_mb": round(size / 1e6), **figures}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
