"""Clusters, and the poolers among them, that vanish with the process that asked for them, however it ends.

A crashed or killed test must leave no server behind. One guardian per process, a shell that waits for the
end of a pipe only this process holds, stops what is still running and removes the folder.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from localstack.accounts import as_server, own, reachable
from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from localstack.places import open_temp
from localstack.settings import THROWAWAY

# Runs as the servers' account in a session of its own, so that no Ctrl-C ends it before its work is done.
GUARDIAN = """
cat >/dev/null
for file in "$1"/*/pooler.pid; do
    pid=$(cat "$file" 2>/dev/null) && grep -aqsF "$1/" "/proc/$pid/cmdline" && kill "$pid"
done
for data in "$1"/*/data; do [ -f "$data/postmaster.pid" ] && "$2" -D "$data" -m immediate -s stop; done
rm -rf "$1"
"""

# Where memory serves as a disk on Linux, and how much of both has to be free before servers are put there.
MEMORY, ROOM = Path("/dev/shm"), 6 * 2**30

_numbers = itertools.count(1)
_wishes: dict[str, str | int] = {}
_in_memory = False


def in_memory() -> None:
    """Keep this process' clusters in memory, where there is enough: many short tests spend their time on making files.

    They write little WAL before they recycle it, so that it does not fill up. Call it before the first cluster.
    """
    global _in_memory
    if MEMORY.is_dir() and reachable(MEMORY) and min(shutil.disk_usage(MEMORY).free, _available()) >= ROOM:
        _in_memory = True
        _wishes["max_wal_size"] = "256MB"


def _available() -> int:
    """Bytes of memory that can be had without swapping."""
    found = re.search(r"MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    return int(found[1]) * 1024 if found else 0


@cache
def nest() -> Path:
    """Return this process' folder for throw-away clusters, watched by its guardian."""
    folder = Path(tempfile.mkdtemp(prefix="cutover-test-", dir=MEMORY if _in_memory else open_temp()))
    own(folder)
    guardian = subprocess.Popen(
        ["/bin/sh", "-c", GUARDIAN, "guardian", folder, bin_folder(18) / "pg_ctl"],
        **as_server(),
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(_dismiss, guardian)
    return folder


def _dismiss(guardian: subprocess.Popen[bytes]) -> None:
    assert guardian.stdin is not None
    guardian.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        guardian.wait(timeout=30)


@cache
def _template(version: int) -> Cluster:
    return Cluster(version, nest() / f"template-{version}").create()


def fresh_folder(name: str) -> Path:
    """Return a path in the nest that nobody uses yet (for a standby, say)."""
    return nest() / f"{name}-{next(_numbers)}"


def make(version: int = 18, **settings: str | int) -> Cluster:
    """Create and start a throw-away cluster (a copied template: no initdb after the first). See :func:`throwaway`."""
    template = _template(version)
    cluster = Cluster(version, fresh_folder(f"pg{version}"), {**THROWAWAY, **_wishes, **settings})
    copy: list[str | Path] = ["cp", "-a", "--reflink=auto", template.folder, cluster.folder]
    subprocess.run(copy, **as_server(), cwd="/", check=True)
    return cluster.create().start()


def discard(cluster: Cluster) -> None:
    """Stop the cluster the quick way and remove its folder."""
    cluster.stop("immediate")
    shutil.rmtree(cluster.folder, ignore_errors=True)


@contextlib.contextmanager
def throwaway(version: int = 18, **settings: str | int) -> Iterator[Cluster]:
    """Yield a running cluster of PostgreSQL ``version`` and remove it at the end of the block.

    :param settings: server settings on top of :data:`localstack.settings.BASE`.
    """
    cluster = make(version, **settings)
    try:
        yield cluster
    finally:
        discard(cluster)


@contextlib.contextmanager
def standby_of(primary: Cluster, *, slot: str | None = None, **settings: str | int) -> Iterator[Cluster]:
    """Yield a running hot standby of ``primary`` and remove it at the end of the block, its slot too."""
    standby = primary.standby(fresh_folder("standby"), slot=slot, **settings)
    try:
        yield standby
    finally:
        discard(standby)
        if slot:
            with contextlib.closing(primary.connect()) as db:
                db.execute(
                    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s", [slot]
                )
