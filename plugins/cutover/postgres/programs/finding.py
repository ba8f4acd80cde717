"""Which client programs there are, and which of them fit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from cutover.postgres.programs.errors import ProgramsMissing
from cutover.postgres.programs.running import Programs

VARIABLE = "CUTOVER_PG_BIN"
DEBIAN = Path("/usr/lib/postgresql")


def find(*server_versions: int) -> Programs:
    """Return programs that are at least as new as every server: of CUTOVER_PG_BIN, else PATH, else Debian's folders.

    :param server_versions: as ``PGconn.server_version`` says them (160014).
    :raises ProgramsMissing: naming what there is.
    """
    wanted = max(version // 10000 for version in server_versions)
    there = [found for folder in _folders() if (found := _look(folder))]
    fitting = next((found for found in there if found.major >= wanted), None)
    if fitting is None:
        have = ", ".join(f"{found.major} in {found.folder}" for found in there) or "none at all"
        raise ProgramsMissing(
            f"pg_dump and pg_restore of version {wanted} or newer are needed, and there is {have}.",
            fix=f"install postgresql-client-{wanted} where tasks run, or name its programs' folder in {VARIABLE}.",
        )
    return fitting


def _folders() -> list[Path]:
    named = os.environ.get(VARIABLE)
    on_path = shutil.which("pg_restore")
    debian = sorted(DEBIAN.glob("[0-9]*/bin"), key=lambda folder: -int(re.sub(r"\D", "", folder.parent.name)))
    return [*([Path(named)] if named else []), *([Path(on_path).parent] if on_path else []), *debian]


@cache
def _look(folder: Path) -> Programs | None:
    majors = [_major(folder / program) for program in ("pg_dump", "pg_restore")]
    known = [major for major in majors if major is not None]
    return Programs(folder, min(known)) if len(known) == len(majors) else None


def _major(program: Path) -> int | None:
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return None
    found = re.search(r"\) (\d+)", asked.stdout)
    return int(found[1]) if found and asked.returncode == 0 else None
