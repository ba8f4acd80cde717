"""A database migrated behind closed doors, 16 -> 18, against what else could move it: seconds and ratios of one run.

``ours``: the step ``migrate`` of a maintenance window (rows, indexes, constraints, sequences, ANALYZE); with the schema
before it and the doors, which are closed and opened: ``ours, whole``. ``dump | restore``: ``pg_dump | pg_restore``, one
stream, nothing on disk, ANALYZE not counted; ``dump, restore -j2``: by way of a folder, two jobs each. ``pgcopydb`` is
the whole command. Of several rounds the median.

    python tests/bench/bench_migrate.py [--rows 2000000] [--rounds 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("plugins", "bin", "tests")]

from psycopg.conninfo import make_conninfo  # noqa: E402

from cutover.connections import ConnectionInfo  # noqa: E402
from cutover.journal.store import Journal  # noqa: E402
from cutover.postgres import stop_the_world  # noqa: E402
from localstack.cluster import Cluster  # noqa: E402
from localstack.pgbinaries import bin_folder  # noqa: E402
from localstack.throwaway import throwaway  # noqa: E402
from support import bench_shop, pgcopydb  # noqa: E402
from support.pair_world import PairWorld  # noqa: E402

JOBS = 2


def ours(pair: PairWorld) -> dict[str, float]:
    """Seconds of a window from the preparation to the open doors."""
    ctx = pair.begin(pair.spec(strategy="stop_the_world", router=None, backfill={"workers": JOBS}))
    began = time.monotonic()
    stop_the_world.close(ctx)
    closed = time.monotonic()
    stop_the_world.migrate(ctx)
    migrated = time.monotonic()
    stop_the_world.open_doors(ctx)
    ended = time.monotonic()
    stop_the_world.roll_back(ctx)
    pair.end(ctx)
    return {"ours": migrated - closed, "ours, whole": ended - began}


def piped(pair: PairWorld, green: Cluster) -> dict[str, float]:
    """Seconds of one stream, without a file."""
    began = time.monotonic()
    dump = _start(pair.blue_info, "pg_dump", "-Fc", "--compress=none", stdout=subprocess.PIPE)
    restore = _start(pair.green_info, "pg_restore", stdin=dump.stdout)
    if restore.wait() or dump.wait():
        raise SystemExit("pg_dump | pg_restore failed")
    took = time.monotonic() - began
    _empty(pair, green)
    return {"dump | restore": took}


def by_folder(pair: PairWorld, green: Cluster) -> dict[str, float]:
    """Seconds of two jobs each, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        place = f"{folder}/dump"
        for process in (
            lambda: _start(pair.blue_info, "pg_dump", "-Fd", f"-j{JOBS}", "--compress=none", "-f", place),
            lambda: _start(pair.green_info, "pg_restore", f"-j{JOBS}", place),
        ):
            if process().wait():
                raise SystemExit("pg_dump or pg_restore failed")
        took = time.monotonic() - began
    _empty(pair, green)
    return {"dump, restore -j2": took}


def peer(pair: PairWorld, green: Cluster, program: Path) -> dict[str, float]:
    """Seconds of ``pgcopydb clone``, the whole command."""
    took = pgcopydb.clone(program, pair.blue_info, pair.green_info, JOBS)
    _empty(pair, green)
    return {"pgcopydb, whole": took["pgcopydb, whole"]}


def _start(info: ConnectionInfo, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
    to = make_conninfo("", host=info.host, port=info.port, user=info.user, dbname=info.dbname)
    env = {**os.environ, "PGPASSWORD": info.password or ""}
    return subprocess.Popen([bin_folder(18) / program, "-d", to, *arguments], env=env, **pipes)


def _empty(pair: PairWorld, green: Cluster) -> None:
    green.drop_database(pair.green_info.dbname)
    green.create_database(pair.green_info.dbname)


def measure(pair: PairWorld, blue: Cluster, green: Cluster, rounds: int, program: Path | None) -> dict[str, Any]:
    """Run everything in turn, ``rounds`` times, and compare medians."""
    kinds: list[Callable[[], dict[str, float]]] = [
        lambda: ours(pair),
        lambda: piped(pair, green),
        lambda: by_folder(pair, green),
    ]
    if program:
        kinds.append(lambda: peer(pair, green, program))
    taken: dict[str, list[float]] = {}
    for number in range(rounds):
        turn = number % len(kinds)  # nobody always comes after the same one, whose pages are still being written
        for kind in [*kinds[turn:], *kinds[:turn]]:
            for cluster in (blue, green):
                cluster.psql("CHECKPOINT")
            os.sync()
            for name, value in kind().items():
                taken.setdefault(name, []).append(value)
    median = {name: round(statistics.median(values), 2) for name, values in taken.items()}
    return {
        "seconds": median,
        "all": {name: [round(value, 2) for value in values] for name, values in taken.items()},
        "whole window faster by": {
            name: round(value / median["ours, whole"], 2) for name, value in median.items() if "ours" not in name
        },
        "migrate faster by": {
            name: round(value / median["ours"], 2) for name, value in median.items() if "ours" not in name
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
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
