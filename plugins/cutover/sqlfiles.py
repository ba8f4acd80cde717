"""Read SQL from ``include/sql``: templates whose placeholders only psycopg.sql may fill."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from psycopg import sql


def include_folder() -> Path:
    """Return the ``include`` folder: ``CUTOVER_INCLUDE``, or the one beside ``plugins``."""
    return Path(os.environ.get("CUTOVER_INCLUDE") or Path(__file__).resolve().parents[2] / "include")


@cache
def text(name: str) -> str:
    """Return the text of ``include/sql/<name>.sql``."""
    return (include_folder() / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def compose(name: str, **parts: sql.Composable) -> sql.Composed:
    """Fill the ``{placeholders}`` of ``include/sql/<name>.sql`` with composed identifiers and literals.

    Literal braces in such a file are doubled, as in :meth:`psycopg.sql.SQL.format`.
    """
    return sql.SQL(text(name)).format(**parts)  # type: ignore[arg-type]
