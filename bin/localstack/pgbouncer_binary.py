"""Where PgBouncer's program comes from: the system, its package manager, or a package unpacked for us alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localstack import apt
from localstack.errors import StackError
from localstack.places import servers

SYSTEM = "/usr/sbin:/usr/local/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Binary:
    """PgBouncer's program and the folder of libraries it needs on top of the system's, if any."""

    path: Path
    libraries: Path | None = None

    def env(self) -> dict[str, str]:
        """Return the variables to run it with."""
        return {"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {}


def find() -> Binary | None:
    """Return a PgBouncer that runs here, or None. ``CUTOVER_PGBOUNCER`` names one."""
    named = os.environ.get("CUTOVER_PGBOUNCER")
    system = named or shutil.which("pgbouncer") or shutil.which("pgbouncer", path=SYSTEM)
    if system:
        return Binary(Path(system))
    own = _unpacked() / "usr/sbin/pgbouncer"
    if not own.exists():
        return None
    binary = Binary(own, next((lib.parent for lib in _unpacked().glob("usr/lib/**/*.so.*")), None))
    return binary if _runs(binary) else None


def provide(say: Callable[[str], None]) -> Binary:
    """Install PgBouncer where we may, else unpack it.

    :raises StackError: neither works here.
    """
    if apt.root_prefix() is not None and apt.available():
        say("installing PgBouncer with apt-get")
        apt.install(["pgbouncer"])
    if find() is None and apt.available():
        say("unpacking PgBouncer into the state folder (nothing is installed system-wide)")
        apt.unpack(_unpacked(), ["pgbouncer"])
        if find() is None:
            apt.unpack(_unpacked(), apt.libraries_of("pgbouncer"))
    found = find()
    if found is None:
        raise StackError(
            "PgBouncer is missing and could not be fetched by apt-get.",
            fix="install PgBouncer with the system's package manager, or name one by CUTOVER_PGBOUNCER.",
        )
    return found


def _unpacked() -> Path:
    return servers() / "pgbouncer-package"


def _runs(binary: Binary) -> bool:
    asked = subprocess.run(
        [binary.path, "--version"], env={**os.environ, **binary.env()}, capture_output=True, check=False
    )
    return asked.returncode == 0
