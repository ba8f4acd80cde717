"""Preflight of a pair of databases: findings by code, and whether a finding's own SQL mends it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.journal.records import new_run_id
from cutover.postgres.preflight import Finding
from cutover.postgres.preflight_pair import Pair, PairLimits, judge, look
from cutover.spec import loader
from localstack.pgbouncer import PgBouncer
from support.pair_world import PairWorld

ENTRY = "shop"
MakePair = Callable[..., PairWorld]
Tables = Sequence[Mapping[str, Any]]


class Asked:
    """Asks about one pair, whose blue is behind the pooler's entry ``shop``."""

    def __init__(self, world: PairWorld, pooler: PgBouncer) -> None:
        self.world, self.pooler = world, pooler
        self.limits = PairLimits()
        world.infos["shop_pooler"] = pooler.console("shop_pooler", ENTRY)
        world.infos["cutover_s3"] = ConnectionInfo("cutover_s3")
        self.lead(world.blue_info)

    def lead(self, info: ConnectionInfo) -> None:
        """Let the pooler's entry lead elsewhere."""
        self.pooler.databases = {ENTRY: info}
        self.pooler.write()
        with contextlib.closing(self.pooler.admin()) as console:
            console.execute("RELOAD")

    def as_role(self, side: str, role: str, password: str | None) -> None:
        """Log in to a side as somebody else."""
        key = {"blue": "shop", "green": "shop_green"}[side]
        self.world.infos[key] = replace(self.world.infos[key], user=role, password=password)

    def draft(self, tables: Tables = (), up: str | None = None, **more: Any) -> RunContext:
        """Return the context of a migration that no run has begun."""
        spec = loader.load(self.world.spec(tables, {"up.sql": up} if up else None, **more))
        log = logging.getLogger("cutover")
        return RunContext(new_run_id(spec.name), spec, self.world.journal, lambda i: self.world.infos[i], log)

    def facts(self, tables: Tables = (), up: str | None = None, **more: Any) -> Pair:
        return look(self.draft(tables, up, **more), self.limits)

    def findings(self, tables: Tables = (), up: str | None = None, **more: Any) -> list[Finding]:
        return judge(self.facts(tables, up, **more))

    def of(self, code: str, tables: Tables = (), up: str | None = None, **more: Any) -> list[Finding]:
        return [finding for finding in self.findings(tables, up, **more) if finding.code == code]

    def one(self, code: str, tables: Tables = (), up: str | None = None, **more: Any) -> Finding:
        found = self.of(code, tables, up, **more)
        assert len(found) == 1, found
        return found[0]

    def mends(self, code: str, side: str, tables: Tables = (), **more: Any) -> Finding:
        """Return the one finding with ``code`` after its fix, run on ``side`` as it is, has made it go away."""
        found = self.one(code, tables, **more)
        assert found.fix
        for statement in statements(found.fix):
            (self.world.blue if side == "blue" else self.world.green)(statement)
        assert self.of(code, tables, **more) == []
        return found


def statements(fix: str) -> list[str]:
    """Split a fix into its statements; what follows ``--`` is for people."""
    return [part.strip() for part in fix.split("--")[0].split(";") if part.strip()]


def codes(findings: list[Finding], severity: str | None = None) -> set[str]:
    return {finding.code for finding in findings if severity in (None, finding.severity)}
