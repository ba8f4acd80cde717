"""Find and read suites: ``expectations/<migration>/<name>.json`` first, then ``expectations/<name>.json``."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutover.validation.suites.errors import SuiteBroken, SuiteUnknown

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-]{0,99}")
KNOWN = {"name", "notes", "meta", "expectations"}
KNOWN_EXPECTATION = {"type", "kwargs", "severity", "meta", "notes", "description"}
SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite as its file has it.

    :ivar tables: labels of the tables that it is for; empty: for every table of the migration.
    """

    name: str
    path: Path
    expectations: tuple[dict[str, Any], ...]
    tables: tuple[str, ...] = ()


def default_folder() -> Path:
    """Return the ``expectations`` folder: ``CUTOVER_EXPECTATIONS``, or the one beside ``plugins``."""
    return Path(os.environ.get("CUTOVER_EXPECTATIONS") or Path(__file__).resolve().parents[4] / "expectations")


def load(folder: Path, migration: str, name: str) -> Suite:
    """Read one suite.

    :raises SuiteUnknown: no file has that name.
    :raises SuiteBroken: the file is no suite.
    """
    path = _find(folder, migration, name)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise SuiteBroken(f"{path}, line {error.lineno}: {error.msg}.", fix="make the file valid JSON.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteBroken(f"{path} cannot be read: {error}.") from None
    _examine(path, data)
    tables = tuple(data.get("meta", {}).get("tables", ()))
    return Suite(name, path, tuple(data["expectations"]), tables)


def _find(folder: Path, migration: str, name: str) -> Path:
    candidates = [folder / migration / f"{name}.json", folder / f"{name}.json"]
    if NAME.fullmatch(name) and NAME.fullmatch(migration):
        for path in candidates:
            if path.is_file():
                return path
    there = sorted({path.stem for place in (folder, folder / migration) for path in place.glob("*.json")})
    raise SuiteUnknown(
        f"there is no suite {name!r} for migration {migration!r} in {folder}.",
        fix=f"write {candidates[0].relative_to(folder)}, or name one of: {', '.join(there) or 'none yet'}.",
    )


def _examine(path: Path, data: Any) -> None:
    """Refuse what would be skipped silently otherwise."""
    if not isinstance(data, dict) or not isinstance(data.get("expectations"), list) or not data["expectations"]:
        raise SuiteBroken(f"{path} is no suite.", fix='it needs {"expectations": [...]} with at least one of them.')
    unknown = sorted(set(data) - KNOWN)
    if unknown:
        raise SuiteBroken(f"{path}: unknown key(s) {', '.join(unknown)}.", fix=f"known are {', '.join(sorted(KNOWN))}.")
    for number, one in enumerate(data["expectations"], start=1):
        _examine_expectation(f"{path}, expectation {number}", one)


def _examine_expectation(where: str, one: Any) -> None:
    if not isinstance(one, dict) or not isinstance(one.get("type"), str) or not isinstance(one.get("kwargs", {}), dict):
        raise SuiteBroken(f"{where}: an expectation needs a 'type' (text) and 'kwargs' (object).")
    unknown = sorted(set(one) - KNOWN_EXPECTATION)
    if unknown:
        known = ", ".join(sorted(KNOWN_EXPECTATION))
        raise SuiteBroken(f"{where} ({one['type']}): unknown key(s) {', '.join(unknown)}.", fix=f"known are {known}.")
    if one.get("severity", "critical") not in SEVERITIES:
        raise SuiteBroken(f"{where} ({one['type']}): severity {one['severity']!r}.", fix=f"one of {SEVERITIES}.")
