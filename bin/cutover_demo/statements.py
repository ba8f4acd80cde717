"""The demo's SQL: files under ``include/demo``, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cutover.sqlfiles import include_folder


def folder(name: str) -> Path:
    """Return ``include/demo/<name>``."""
    return include_folder() / "demo" / name


@cache
def statement(name: str) -> str:
    """Return the text of ``include/demo/<name>.sql``; parameters are written ``%(name)s``."""
    return folder(f"{name}.sql").read_text(encoding="utf-8")
