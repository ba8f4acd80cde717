"""Turn a suite's templates into expectations about one table.

An expectation whose ``meta`` has ``for_each`` is repeated for each fact of that kind (see :mod:`.facts`), with
``<name>`` replaced in every text: ``{"column": "<column>"}``. A text that is nothing but a placeholder becomes the fact
itself, so ``{"column_list": "<columns>"}`` becomes a list. Facts that go into SQL are names of views that hold no
character that would need quoting, or are quoted by Great Expectations itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cutover.validation.suites.errors import SuiteBroken
from cutover.validation.suites.facts import KINDS, Facts
from cutover.validation.suites.files import Suite

PLACEHOLDER = re.compile(r"<([a-z_]+)>")
# What of a fact may stand inside a longer text of SQL; everything else only where it is the whole text.
IN_SQL = frozenset({"orphans"})


def build(suite: Suite, facts: Facts) -> list[dict[str, Any]]:
    """Return the expectations of a suite for one table.

    :raises SuiteBroken: a template asks for facts that do not exist.
    """
    built = []
    for number, one in enumerate(suite.expectations, start=1):
        kind = one.get("meta", {}).get("for_each")
        where = f"{suite.path}, expectation {number} ({one['type']})"
        if kind is None:
            built.append(one)
        elif kind in KINDS:
            built += [_filled(where, one, fact) for fact in facts.by_kind.get(kind, [])]
        else:
            raise SuiteBroken(f"{where}: for_each {kind!r} is unknown.", fix=f"one of {', '.join(sorted(KINDS))}.")
    return built


def _filled(where: str, one: dict[str, Any], fact: Mapping[str, Any]) -> dict[str, Any]:
    filled = {**one, "kwargs": _fill(where, one.get("kwargs", {}), fact, sql=True)}
    for name in ("description", "notes"):
        if name in one:
            filled[name] = _fill(where, one[name], fact, sql=False)
    return filled


def _fill(where: str, item: Any, fact: Mapping[str, Any], *, sql: bool) -> Any:
    if isinstance(item, dict):
        return {key: _fill(where, value, fact, sql=sql) for key, value in item.items()}
    if isinstance(item, list):
        return [_fill(where, value, fact, sql=sql) for value in item]
    if not isinstance(item, str):
        return item
    whole = PLACEHOLDER.fullmatch(item)
    if whole:
        return _fact(where, whole.group(1), fact)

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        value = _fact(where, name, fact)
        if sql and name not in IN_SQL:
            raise SuiteBroken(
                f"{where}: <{name}> is put into a longer text, where nothing would quote it.",
                fix=f"use <{name}> as a whole value, or <{'>, <'.join(sorted(IN_SQL))}> in queries.",
            )
        return ", ".join(value) if isinstance(value, list) else str(value)

    return PLACEHOLDER.sub(replace, item)


def _fact(where: str, name: str, fact: Mapping[str, Any]) -> Any:
    if name not in fact:
        known = ", ".join(f"<{key}>" for key in sorted(fact))
        raise SuiteBroken(f"{where}: there is no <{name}> for this kind of fact.", fix=f"known are {known}.")
    return fact[name]
