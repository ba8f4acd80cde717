"""The preflight rules, one to a module; the module's name begins with its code."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from cutover.postgres.preflight.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return one instance of every rule, in the order of their codes."""
    found = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        found += [
            item()
            for item in vars(loaded).values()
            if isinstance(item, type) and issubclass(item, Rule) and item.__module__ == loaded.__name__
        ]
    return tuple(found)
