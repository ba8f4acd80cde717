"""Rollback points against plain pg_dump and pg_restore, on the same rows in one run: seconds and ratios.

``cpu`` adds up what server, programs and this process have computed: where others use the machine as well it says more
than the clock.

``ours``: one snapshot, streams of pg_dump, compressed, encrypted, checksummed, counted, with a manifest; restored with
everything that is ours: read from the store, hashed, decrypted, ANALYZE apart. ``plain``: ``pg_dump -Fd -j2`` with its
own defaults (gzip, level 6) and ``pg_restore -j2``; ``plain, gzip:1``: with the compression that ours has here;
``plain, none``: with none at all, as a bound. Two jobs everywhere, one server, one disk. Of several rounds the median.

    python tests/bench/bench_backup.py [--rows 2000000] [--rounds 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import resource
import shutil
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

import psycopg  # noqa: E402
import pyrage  # noqa: E402
from psycopg.conninfo import make_conninfo  # noqa: E402

from cutover.connections import ConnectionInfo  # noqa: E402
from cutover.postgres import backup  # noqa: E402
from cutover.postgres.task import Work  # noqa: E402
from localstack.cluster import Cluster  # noqa: E402
from localstack.pgbinaries import bin_folder  # noqa: E402
from localstack.throwaway import throwaway  # noqa: E402
from support import bench_shop  # noqa: E402

JOBS = 2


class Clock:
    """Time and computing since it was made or asked the last time."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._last = self._now()

    def lap(self) -> tuple[float, float]:
        """Return seconds of both, of what has just ended."""
        at = time.monotonic()
        while self._sessions():
            time.sleep(0.01)
        now = at, self._now()[1]
        before, self._last = self._last, now
        return now[0] - before[0], now[1] - before[1]

    def _sessions(self) -> list[Path]:
        """Processes of the server that work in one of the databases: they end a little later than their programs."""
        pids = Path(f"/proc/{self._cluster.pid}/task/{self._cluster.pid}/children").read_text().split()
        titles = [path for pid in pids if (path := Path(f"/proc/{pid}/cmdline")).exists()]
        # One that is ending has no title any more.
        return [path for path in titles if re.search(rb"^$| (bench|again) ", _read(path))]

    def _now(self) -> tuple[float, float]:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        # What sessions of the server have used is added to the server's own when they have ended.
        ticks = Path(f"/proc/{self._cluster.pid}/stat").read_text().rpartition(")")[2].split()[13:15]
        server = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        return time.monotonic(), server + sum(one.ru_utime + one.ru_stime for one in used)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""


def plain(cluster: Cluster, info: ConnectionInfo, folder: Path, *options: str) -> dict[str, float]:
    """Seconds of pg_dump and pg_restore, and the size of the dump."""
    place = folder / "plain"
    clock = Clock(cluster)
    _run(info, "pg_dump", "-Fd", f"-j{JOBS}", *options, "-f", place)
    dump = clock.lap()
    into = cluster.create_database("again")
    clock.lap()
    _run(into, "pg_restore", f"-j{JOBS}", place)
    restore = clock.lap()
    size = sum(file.stat().st_size for file in place.rglob("*"))
    shutil.rmtree(place)
    cluster.drop_database("again")
    return _figures(dump, restore, size)


def ours(cluster: Cluster, info: ConnectionInfo, folder: Path) -> dict[str, float]:
    """The same of a rollback point; and what the proof would add."""
    key, store, task = pyrage.x25519.Identity.generate(), backup.FolderStore(folder / "ours"), Work("bench")
    clock = Clock(cluster)
    manifest = backup.take(task, info, store, [key.to_public()], workers=JOBS)
    dump = clock.lap()
    backup.check(store, manifest.name, key, expects=info)
    check = clock.lap()
    into = cluster.create_database("again")
    clock.lap()
    figures = backup.restore(task, store, manifest, key, into, workers=JOBS)
    restore = clock.lap()
    shutil.rmtree(folder / "ours")
    cluster.drop_database("again")
    without = restore[0] - figures["seconds_analyze"]
    return {
        **_figures(dump, restore, manifest.size),
        "restore": without,
        "restore with ANALYZE": restore[0],
        "check": check[0],
    }


def _figures(dump: tuple[float, float], restore: tuple[float, float], size: int) -> dict[str, float]:
    return {
        "dump": dump[0],
        "dump, cpu": dump[1],
        "restore": restore[0],
        "restore, cpu": restore[1],
        "mb": size / 1e6,
    }


def _run(info: ConnectionInfo, program: str, *arguments: str | Path) -> None:
    to = make_conninfo("", host=info.host, port=info.port, user=info.user, dbname=info.dbname)
    env = {**os.environ, "PGPASSWORD": info.password or ""}  # in sight of nobody
    subprocess.run([bin_folder(18) / program, "-d", to, *arguments], check=True, env=env)


def measure(cluster: Cluster, info: ConnectionInfo, folder: Path, rounds: int) -> dict[str, Any]:
    """Run everything in turn, ``rounds`` times, and compare medians."""
    kinds: dict[str, Callable[[], dict[str, float]]] = {
        "plain": lambda: plain(cluster, info, folder),
        "plain, gzip:1": lambda: plain(cluster, info, folder, "--compress=gzip:1"),
        "plain, none": lambda: plain(cluster, info, folder, "--compress=none"),
        "ours": lambda: ours(cluster, info, folder),
    }
    taken: dict[str, dict[str, list[float]]] = {name: {} for name in kinds}
    for number in range(rounds):
        turn = number % len(kinds)  # nobody always comes after the same one, whose pages are still being written
        for name in [*kinds, *kinds][turn : turn + len(kinds)]:
            cluster.psql("CHECKPOINT")
            os.sync()
            for what, value in kinds[name]().items():
                taken[name].setdefault(what, []).append(value)
    median = {
        name: {what: round(statistics.median(values), 2) for what, values in found.items()}
        for name, found in taken.items()
    }
    ratios = {
        f"{what}, ours to {name}": round(median["ours"][what] / median[name][what], 3)
        for name in kinds
        if name != "ours"
        for what in ("dump", "dump, cpu", "restore", "restore, cpu")
    }
    return {"seconds": median, "ratios": ratios, "all": taken}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    os.environ["CUTOVER_PG_BIN"] = str(bin_folder(18))
    with (
        throwaway(18, shared_buffers="512MB", max_wal_size="8GB") as cluster,
        tempfile.TemporaryDirectory() as folder,
    ):
        info = cluster.create_database("bench")
        with psycopg.connect(info.conninfo(), autocommit=True) as db:
            bench_shop.fill(lambda text: db.execute(text.encode()), options.rows)
            row = db.execute("SELECT pg_database_size(current_database())").fetchone()
        figures = measure(cluster, info, Path(folder), options.rounds)
    figures = {"rows": options.rows, "database_mb": round(row[0] / 1e6) if row else 0, **figures}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
