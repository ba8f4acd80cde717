"""Two databases on two servers, blue with a small shop in it and green empty, and runs between them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import yaml

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.spec import loader

if TYPE_CHECKING:
    from cutover.journal.store import Journal

SHOP = Path(__file__).with_name("pair_world.sql")
LEFT = Path(__file__).with_name("pair_left.sql")


class PairWorld:
    """One blue, one green, as many specs and runs as a test wants.

    :ivar blue_info: connection id ``shop``; :ivar green_info: connection id ``shop_green``.
    :ivar infos: what connection ids resolve to; a test may change them.
    """

    def __init__(self, folder: Path, blue: ConnectionInfo, green: ConnectionInfo, journal: Journal) -> None:
        self.folder, self.journal = folder, journal
        self.infos = {"shop": replace(blue, conn_id="shop"), "shop_green": replace(green, conn_id="shop_green")}
        self._runs = 0

    @property
    def blue_info(self) -> ConnectionInfo:
        return self.infos["shop"]

    @property
    def green_info(self) -> ConnectionInfo:
        return self.infos["shop_green"]

    def blue(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement (or several without values) on blue, on a session of its own."""
        return run(self.blue_info, text, *values)

    def green(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """The same on green."""
        return run(self.green_info, text, *values)

    def both(self, text: str, *values: Any) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """The same on both sides; returns blue's answer and green's."""
        return self.blue(text, *values), self.green(text, *values)

    def load(self) -> None:
        """Put the shop into blue."""
        self.blue(SHOP.read_text())

    def spec(
        self, tables: Sequence[Mapping[str, Any]] = (), files: Mapping[str, str] | None = None, **more: Any
    ) -> Path:
        """Write a spec folder and return it. ``files`` are its SQL files; ``up.sql`` is taken for ``schema.up``."""
        name = more.pop("name", "trial")
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in (files or {}).items():
            (folder / file).write_text(text)
        body = {
            "name": name,
            "title": "A trial",
            "strategy": "blue_green",
            "owner": "tests",
            "source": "shop",
            "target": "shop_green",
            "router": "shop_pooler",
            "tables": [dict(table) for table in tables],
            "watch": {"duration": "0s"},
            **({"schema": {"up": "up.sql"}} if "up.sql" in (files or {}) else {}),
            **more,
        }
        (folder / "migration.yaml").write_text(yaml.safe_dump(body))
        return folder

    def begin(self, folder: Path | None = None) -> RunContext:
        """Begin a run of a spec folder (by default of a spec that changes nothing) in the journal."""
        spec = loader.load(folder or self.spec())
        self._runs += 1
        run_id = f"{spec.name}.{self._runs}"
        self.journal.begin_run(
            run_id=run_id,
            migration=spec.name,
            strategy=spec.strategy,
            database=f"{self.blue_info.host}:{self.blue_info.port}/{self.blue_info.dbname}",
            title=spec.title,
            spec=spec.snapshot(),
            dag_id="blue_green",
            dag_run_id=run_id,
            triggered_by="tests",
        )
        return self.context(run_id, spec)

    def context(self, run_id: str, spec: Any) -> RunContext:
        return RunContext(run_id, spec, self.journal, lambda conn_id: self.infos[conn_id], logging.getLogger("cutover"))

    def end(self, ctx: RunContext, state: str = "rolled_back") -> None:
        """Say in the journal that the run is over."""
        self.journal.set_state(ctx.run_id, state)

    def differing(self, table: str, columns: str = "*") -> list[tuple[str, Any]]:
        """Return rows that only one side has, as ``("blue" | "green", row as text)``; asks no engine."""
        query = f"SELECT (x.*)::text, count(*) FROM (SELECT {columns} FROM {table}) AS x GROUP BY 1"
        blue, green = (set(rows) for rows in self.both(query))
        return sorted([("blue", row) for row in blue - green] + [("green", row) for row in green - blue])

    def leftovers(self, patience: float = 10) -> list[str]:
        """Names of everything on both servers that a run creates, fences and replica identities included.

        The server frees a closed session's locks in its own time, so a lock is waited for.
        """
        ends = time.monotonic() + patience
        while (found := self._left()) and all(" lock" in name for name in found) and time.monotonic() < ends:
            time.sleep(0.05)
        return found

    def _left(self) -> list[str]:
        found: list[str] = []
        for side, info in (("blue", self.blue_info), ("green", self.green_info)):
            try:
                found += [f"{side}: {row[0]}" for row in run(info, LEFT.read_text())]
            except psycopg.OperationalError as error:
                if "does not exist" not in str(error):  # a green that the run had made is gone with it
                    raise
        return found


def run(info: ConnectionInfo, text: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run SQL on a session of its own, with the server's defaults."""
    with psycopg.connect(info.conninfo(), autocommit=True) as db:
        cursor = db.execute(text, values or None)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def until(condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """Wait until ``condition()`` is true and return what it returned."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found


def caught_up(ctx: RunContext, seconds: float = 30) -> None:
    """Wait until what blue has written up to now has arrived on green."""
    from cutover.postgres.blue_green import heartbeat
    from cutover.postgres.blue_green.ends import Ends

    ends = Ends.of(ctx)
    with ends.open("blue", "test") as blue, ends.open("green", "test") as green:
        beat = heartbeat.beat(blue, ends.number, "blue")
        until(lambda: (heartbeat.seen(green, ends.number, "blue") or (0,))[0] >= beat, "green has caught up", seconds)


def forward(ctx: RunContext) -> None:
    """All steps up to the cutover, without it; green has caught up afterwards."""
    from cutover.postgres.blue_green.steps.build import build
    from cutover.postgres.blue_green.steps.copy import copy
    from cutover.postgres.blue_green.steps.follow import follow
    from cutover.postgres.blue_green.steps.index import index

    build(ctx)
    copy(ctx)
    index(ctx)
    follow(ctx)
    caught_up(ctx)
