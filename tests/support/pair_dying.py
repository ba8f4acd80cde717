"""Run steps of a run in a process of its own, which may be killed at a named point or by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from cutover import points
from cutover.context import RunContext
from support.pair_world import PairWorld

ROOT = Path(__file__).resolve().parents[2]
WAIT = 250  # seconds for a process on a machine that is busy with something else


def environment(pair: PairWorld) -> dict[str, str]:
    """Return the environment in which another process finds the pair and its journal."""
    infos = {**pair.infos, "cutover_journal": pair.journal.info}
    named = {}
    for conn_id, info in infos.items():
        data = {**asdict(info), "login": info.user, "schema": info.dbname, "conn_type": "postgres"}
        kept = {key: data[key] for key in ("conn_type", "host", "port", "login", "password", "schema", "extra")}
        named[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(kept)
    path = os.pathsep.join(str(ROOT / name) for name in ("plugins", "bin", "tests"))
    return {**os.environ, **named, "PYTHONPATH": path}


def start(
    pair: PairWorld, ctx: RunContext, *steps: str, more: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start ``steps`` of the run in another process."""
    return subprocess.Popen(
        [sys.executable, "-m", "support.pair_child", ctx.run_id, *steps],
        env={**environment(pair), **(more or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def die(pair: PairWorld, ctx: RunContext, *steps: str, at: str) -> None:
    """Run ``steps`` in another process, which must die at the point ``at``."""
    child = start(pair, ctx, *steps, more={points.VARIABLE: at})
    _, said = child.communicate(timeout=WAIT)
    assert child.returncode == -signal.SIGKILL, f"it did not die at {at}: {said[-2000:]}"
