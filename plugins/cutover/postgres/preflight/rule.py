"""The shape of a preflight rule: a stable code, why it exists, and a look at facts that were gathered before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding, Severity

Part = sql.Composable | str | tuple[str, ...]


class RuleBase(ABC):
    """One rule. ``code``, ``title``, ``why`` and ``mend`` are also its section of a page in docs.

    :cvar severities: what it may report, the worst first.
    :cvar mend: SQL (or words, without a semicolon) that mend what it reports, with example names.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severities: ClassVar[tuple[Severity, ...]]
    why: ClassVar[str]
    mend: ClassVar[str]

    def error(self, name: str, message: str, fix: str | None = None) -> Finding:
        return Finding(self.code, "error", name, message, fix)

    def warning(self, name: str, message: str, fix: str | None = None) -> Finding:
        return Finding(self.code, "warning", name, message, fix)

    def info(self, name: str, message: str, fix: str | None = None) -> Finding:
        return Finding(self.code, "info", name, message, fix)


class Rule(RuleBase):
    """A rule about one database, for the online strategy; its page is docs/preflight.md."""

    @abstractmethod
    def check(self, facts: Facts) -> Iterable[Finding]:
        """Yield what is to be said; asks the database nothing."""


class TableRule(Rule):
    """A rule about each ordinary table of the spec that exists."""

    def check(self, facts: Facts) -> Iterator[Finding]:
        for table in facts.tables:
            if table.ordinary:
                yield from self.check_table(table, facts)

    @abstractmethod
    def check_table(self, table: Table, facts: Facts) -> Iterable[Finding]:
        """Yield what is to be said about one table."""


def mending(template: str, **parts: Part) -> str:
    """Return ``template`` with names quoted where SQL needs it: a str or a tuple of them is an identifier."""
    composed = {
        name: part
        if isinstance(part, sql.Composable)
        else sql.Identifier(*((part,) if isinstance(part, str) else part))
        for name, part in parts.items()
    }
    return sql.SQL(template).format(**composed).as_string(None)  # type: ignore[arg-type]


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return ``a, b, c and 4 more``."""
    found = list(names)
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")


def size(number: int) -> str:
    """Return bytes as a person reads them: ``1.4 GiB``."""
    value, unit = float(number), "bytes"
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{int(value)} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """Return ``45 s``, ``12 min`` or ``3.5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
