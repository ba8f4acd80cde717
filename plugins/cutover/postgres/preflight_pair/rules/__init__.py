"""The rules about a pair of databases, one to a module; the module's name begins with its code."""

from __future__ import annotations

from functools import cache

from cutover.postgres.preflight.collect import rules_in
from cutover.postgres.preflight_pair.rule import PairRule


@cache
def all_rules() -> tuple[PairRule, ...]:
    """Return one instance of every rule, in the order of their codes."""
    return rules_in(__name__, __path__, PairRule)
