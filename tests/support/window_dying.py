"""Windows whose process dies, or hangs: where that may happen, and how it is made to."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cutover import points
from cutover.postgres import stop_the_world
from support import children
from support.window_stage import Stage

MakeStage = Callable[..., Stage]
WAIT = 180
STEPS = {"across": ["close", "migrate", "open_doors"], "in_place": ["close", "save", "migrate", "open_doors"]}
CLOSING = [
    "stw.prepare.made",
    "stw.prepare.fenced",
    "stw.close.begun",
    "stw.close.drained",
    "stw.close.fenced",
    "stw.close.closed",
]
OPENING = ["stw.open.decided", "stw.gate.pointed", "stw.open.led"]
FILLING = [
    "stw.migrate.snapshot",
    "bg.copy.part",
    "stw.migrate.rows",
    "stw.migrate.copied",
    "bg.index.dumped",
    "stw.migrate.post_data",
    "stw.migrate.analyzed",
    "stw.migrate.done",
    "stw.open.deciding",
]
IN_PLACE = [
    "backup.manifest",
    "stw.save.taken",
    "stw.migrate.lowered",
    "stw.migrate.ran",
    "stw.migrate.committing",
    "stw.migrate.committed",
]
ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, 'cutover/{}')"
POINTS = [*(("across", point) for point in [*CLOSING, *FILLING, *OPENING])]
POINTS += [("in_place", point) for point in [*CLOSING[2:], *IN_PLACE, *OPENING]]


def make(make_stage: MakeStage, request: pytest.FixtureRequest, form: str) -> Stage:
    old, new = request.getfixturevalue("pg16"), request.getfixturevalue("pg18")
    return make_stage(old, new) if form == "across" else make_stage(new, None)


def run(stage: Stage, *steps: str, die_at: str | None = None) -> int:
    return start(stage, *steps, **({points.VARIABLE: die_at} if die_at else {})).wait(WAIT)


def start(stage: Stage, *steps: str, **more: str) -> children.Child:
    store = stage.vault.store.folder  # type: ignore[attr-defined]
    words = stage.ctx.run_id, str(store), *steps
    return children.start("support.window_child", *words, environment={**os.environ, **more})


def await_stopped(process: children.Child) -> None:
    ends = time.monotonic() + WAIT
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < ends and process.poll() is None, "it never came to the point"
        time.sleep(0.01)


def at_most_one_side_is_writable(stage: Stage) -> None:
    sides = ["blue", *(["green"] if stage.across and stage.green_is_there() else [])]
    tables = "SELECT count(*) FROM pg_tables WHERE (schemaname, tablename) = ('public', 'account')"
    there = [side for side in sides if stage.one(side, tables)]  # type: ignore[arg-type]
    # While green is filled nobody is led there, and its fence comes with the indexes.
    done = stop_the_world.status(stage.ctx)["sides"].get("green", {}).get("phase") in ("indexed", None)
    assert sum(stage.writable(side) for side in there if side == "blue" or done) <= 1  # type: ignore[arg-type]
