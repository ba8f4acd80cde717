"""pgcopydb of Debian, a peer to be measured against."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from cutover.connections import ConnectionInfo
from localstack import apt
from localstack.errors import StackError
from localstack.pgbinaries import bin_folder

# Of its own summary: what comes after the tables stand empty.
PGCOPYDB_STEPS = ("COPY, INDEX, CONSTRAINTS, VACUUM (wall clock)", "Finalize Schema")


def find(folder: Path) -> Path | None:
    """Return pgcopydb: the installed one, or Debian's package unpacked into ``folder``."""
    installed = shutil.which("pgcopydb")
    if installed:
        return Path(installed)
    try:
        return apt.unpack(folder, ["pgcopydb"]) / "usr/bin/pgcopydb" if apt.available() else None
    except StackError:
        return None


def clone(program: Path, source: ConnectionInfo, target: ConnectionInfo, jobs: int) -> dict[str, float]:
    """Run ``pgcopydb clone``; return seconds of its own steps (``pgcopydb``), and of the command (``..., whole``)."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PATH": f"{bin_folder(18)}:{os.environ['PATH']}", "TMPDIR": folder}
        command = [program, "clone", "--dir", f"{folder}/work", "--table-jobs", str(jobs), "--index-jobs", str(jobs)]
        command += ["--source", source.conninfo(), "--target", target.conninfo()]
        began = time.monotonic()
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        took = time.monotonic() - began
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    parts = [re.search(rf"{re.escape(name)} +\w+ +(\S+)", done.stdout) for name in PGCOPYDB_STEPS]
    return {"pgcopydb": sum(_seconds(part[1]) for part in parts if part), "pgcopydb, whole": took}


def _seconds(text: str) -> float:
    """Seconds of what pgcopydb prints: ``565ms``, ``2s345``, ``1m02s``."""
    found = re.fullmatch(r"(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)(?:ms)?)?", text)
    minutes, seconds, milli = found.groups(default="0") if found else ("0", "0", "0")
    return int(minutes) * 60 + int(seconds) + int(milli) / 1000
