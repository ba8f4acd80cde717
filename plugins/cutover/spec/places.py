"""Where the migrations are: ``CUTOVER_MIGRATIONS``, or ``include/migrations``."""

from __future__ import annotations

import os
from pathlib import Path

from cutover.sqlfiles import include_folder

VARIABLE = "CUTOVER_MIGRATIONS"
SPEC = "migration.yaml"


def roots() -> list[Path]:
    """Return the folders that hold migrations, the first of which wins.

    ``CUTOVER_MIGRATIONS`` is a list of folders, separated as in ``PATH``; an empty entry stands for
    ``include/migrations``, so ``/srv/migrations:`` extends it and ``/srv/migrations`` replaces it.
    """
    default = include_folder() / "migrations"
    value = os.environ.get(VARIABLE)
    if not value:
        return [default]
    return [Path(entry) if entry else default for entry in value.split(os.pathsep)]


def folders() -> list[Path]:
    """Return the folder of every migration, by name; not those that begin with ``.`` or ``_``."""
    found = [
        folder
        for root in roots()
        if root.is_dir()
        for folder in root.iterdir()
        if folder.is_dir() and not folder.name.startswith((".", "_"))
    ]
    return sorted(found, key=lambda folder: folder.name)
