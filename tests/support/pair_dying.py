"""Run steps of a run in a process of its own, which may be killed at a named point or by hand."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from dataclasses import asdict

from cutover import points
from cutover.context import RunContext
from support import children
from support.pair_world import PairWorld

WAIT = 250  # seconds for a process on a machine that is busy with something else


def environment(pair: PairWorld) -> dict[str, str]:
    """Return the environment in which another process finds the pair and its journal."""
    infos = {**pair.infos, "cutover_journal": pair.journal.info}
    named = {}
    for conn_id, info in infos.items():
        data = {**asdict(info), "login": info.user, "schema": info.dbname, "conn_type": "postgres"}
        kept = {key: data[key] for key in ("conn_type", "host", "port", "login", "password", "schema", "extra")}
        named[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(kept)
    return {**os.environ, **named, "PYTHONPATH": children.FOLDERS}


def start(pair: PairWorld, ctx: RunContext, *steps: str, more: Mapping[str, str] | None = None) -> children.Child:
    """Start ``steps`` of the run in another process."""
    there = {**environment(pair), **(more or {})}
    return children.start("support.pair_child", ctx.run_id, *steps, environment=there, kept=True)


def die(pair: PairWorld, ctx: RunContext, *steps: str, at: str) -> None:
    """Run ``steps`` in another process, which must die at the point ``at``."""
    child = start(pair, ctx, *steps, more={points.VARIABLE: at})
    said = child.said(WAIT)
    assert child.returncode == -signal.SIGKILL, f"it did not die at {at}: {said[-2000:]}"
