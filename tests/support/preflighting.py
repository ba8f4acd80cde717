"""A small shop to run preflight on: findings by code, and whether a finding's own SQL mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from cutover.connections import ConnectionInfo
from cutover.postgres.connect import connect
from cutover.postgres.preflight import Facts, Finding, Limits, gather, judge, run_rules
from cutover.spec.models import Migration

SHOP = """
CREATE TABLE accounts (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE leads (
    id integer PRIMARY KEY,
    email text,
    status text NOT NULL DEFAULT 'NEW',
    amount numeric(10,2),
    code text,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO leads (id, email, amount, code)
    SELECT i, 'u' || i || '@example.org', i + 0.25, 'c' || i FROM generate_series(1, 50) AS i;
ANALYZE leads;
"""


def migration(tables: list[Mapping[str, Any]], files: Mapping[str, str] | None = None, **more: Any) -> Migration:
    """Return a spec of strategy online that no folder on disk stands for."""
    body = {
        "name": "leads_v2",
        "title": "Leads get a wider id",
        "strategy": "online",
        "owner": "tests",
        "source": "shop",
        "tables": [dict(table) for table in tables],
        **more,
    }
    return Migration.model_validate(body).with_files(Path("leads_v2"), dict(files or {}))


@dataclass(slots=True)
class Place:
    """A database with the shop in it."""

    info: ConnectionInfo
    major: int
    role: str | None = None
    limits: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.info.conninfo(), autocommit=True) as db:
            yield db

    def sql(self, text: str) -> list[Any]:
        """Run statements as superuser, with the server's own settings."""
        with self.admin() as db:
            cursor = db.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[Any]]:
        """A pinned session such as the engine has, as ``role`` where one is set."""
        with connect(self.info, application="cutover/preflight") as db:
            if self.role:
                db.execute(f'SET SESSION AUTHORIZATION "{self.role}"')
            yield db

    def facts(self, *tables: Mapping[str, Any] | str, files: Mapping[str, str] | None = None, **more: Any) -> Facts:
        with self.session() as db:
            return gather(db, _spec(tables, files, more), Limits(**self.limits))

    def findings(
        self, *tables: Mapping[str, Any] | str, files: Mapping[str, str] | None = None, **more: Any
    ) -> list[Finding]:
        with self.session() as db:
            return run_rules(db, _spec(tables, files, more), **self.limits)

    def of(self, code: str, *tables: Mapping[str, Any] | str, **more: Any) -> list[Finding]:
        """Return the findings with ``code`` for the tables (``leads`` when none is given)."""
        return [finding for finding in self.findings(*tables, **more) if finding.code == code]

    def one(self, code: str, *tables: Mapping[str, Any] | str, **more: Any) -> Finding:
        found = self.of(code, *tables, **more)
        assert len(found) == 1, found
        return found[0]

    def mends(self, code: str, *tables: Mapping[str, Any] | str, **more: Any) -> Finding:
        """Return the one finding with ``code`` after its fix, run as it is, has made it go away."""
        found = self.one(code, *tables, **more)
        assert found.fix
        with self.admin() as db:
            for statement in statements(found.fix):
                db.execute(statement.encode())
        assert self.of(code, *tables, **more) == []
        return found


def statements(fix: str) -> list[str]:
    """Split a fix into its statements; what follows ``--`` is for people."""
    return [part.strip() for part in fix.split("--")[0].split(";") if part.strip()]


def _spec(
    tables: tuple[Mapping[str, Any] | str, ...], files: Mapping[str, str] | None, more: dict[str, Any]
) -> Migration:
    wanted = [{"name": table} if isinstance(table, str) else table for table in tables or ("public.leads",)]
    return migration(wanted, files, **more)


def altered(sql: str, **more: Any) -> dict[str, Any]:
    """Keyword arguments for :meth:`Place.findings`-like calls: ``leads`` with this ``alter``."""
    return {"tables": [{"name": "public.leads", "alter": "alter.sql", **more}], "files": {"alter.sql": sql}}


def codes(findings: list[Finding], severity: str | None = None) -> set[str]:
    return {finding.code for finding in findings if severity in (None, finding.severity)}


__all__ = ["SHOP", "Facts", "Place", "altered", "codes", "judge", "migration", "statements"]
