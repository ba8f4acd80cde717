"""Find the rules of a package: every module holds one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from cutover.postgres.preflight.rule import RuleBase


def rules_in(package: str, path: Iterable[str], kind: type[RuleBase]) -> tuple[Any, ...]:
    """Return one instance of every rule of ``kind`` in the modules of ``package``, in the order of their names."""
    found: list[Any] = []
    for module in sorted(pkgutil.iter_modules(path), key=lambda module: module.name):
        loaded = importlib.import_module(f"{package}.{module.name}")
        found += [
            item()
            for item in vars(loaded).values()
            if isinstance(item, type) and issubclass(item, kind) and item.__module__ == loaded.__name__
        ]
    return tuple(found)
