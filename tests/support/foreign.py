"""Foreign schemas and data (Pagila, Chinook): used where they are, never needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def foreign(name: str) -> Path:
    """Return the path of ``name`` (``pagila/pagila-schema.sql``) or skip the test where it is absent.

    Looked for in ``CUTOVER_FOREIGN_DATA``, else in ``shared/data`` beside the checkout.
    """
    folder = Path(os.environ.get("CUTOVER_FOREIGN_DATA") or ROOT.parent / "shared" / "data")
    path = folder / name
    if not path.exists():
        pytest.skip(f"no foreign data {name} in {folder}: set CUTOVER_FOREIGN_DATA to a folder that has it")
    return path
