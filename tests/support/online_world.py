"""A database with everything that a shadow table may forget, and a run of the online strategy on it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import yaml

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.postgres import online
from cutover.spec import loader

if TYPE_CHECKING:
    from cutover.journal.store import Journal

SCHEMA = Path(__file__).with_name("online_world.sql")
ORDERS = {
    "name": "public.orders",
    "alter": "alter.sql",
    "columns": {"preferences": "jsonb_build_object('legacy', legacy_flag)", "amount_cents": "(amount * 100)::bigint"},
    "reverse": {"legacy_flag": "(preferences ->> 'legacy')::boolean", "amount": "amount_cents / 100.0"},
}
ALTER = """
ALTER TABLE orders ALTER COLUMN id TYPE bigint, ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN amount_cents bigint, DROP COLUMN legacy_flag, DROP COLUMN amount;
ALTER TABLE orders RENAME COLUMN note TO remark;
CREATE INDEX orders_preferences_idx ON orders USING gin (preferences);
"""


class World:
    """One database, one spec, as many runs as a test wants."""

    def __init__(self, folder: Path, database: ConnectionInfo, journal: Journal) -> None:
        self.info, self.journal, self.folder = database, journal, folder
        self._runs = 0

    def connect(self, **settings: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.info.conninfo(), autocommit=True, **settings)

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement (or several without values) on a session of its own."""
        with self.connect() as db:
            cursor = db.execute(text, values or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def one(self, text: str, *values: Any) -> Any:
        return self.sql(text, *values)[0][0]

    def spec(self, tables: list[Mapping[str, Any]], files: Mapping[str, str], **more: Any) -> Path:
        """Write a spec folder and return it."""
        name = more.pop("name", "trial")
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text)
        body = {
            "name": name,
            "title": "A trial",
            "strategy": "online",
            "owner": "tests",
            "source": "shop",
            "tables": [dict(table) for table in tables],
            "watch": {"duration": "0s"},
            **more,
        }
        (folder / "migration.yaml").write_text(yaml.safe_dump(body))
        return folder

    def begin(self, folder: Path) -> RunContext:
        """Begin a run of a spec folder in the journal."""
        spec = loader.load(folder)
        self._runs += 1
        run_id = f"{spec.name}.{self._runs}"
        self.journal.begin_run(
            run_id=run_id,
            migration=spec.name,
            strategy=spec.strategy,
            database=self.info.dbname,
            title=spec.title,
            spec=spec.snapshot(),
            dag_id="online",
            dag_run_id=run_id,
            triggered_by="tests",
        )
        return self.context(run_id, spec)

    def context(self, run_id: str, spec: Any) -> RunContext:
        return RunContext(run_id, spec, self.journal, lambda _: self.info, logging.getLogger("cutover"))

    def end(self, ctx: RunContext, state: str = "rolled_back") -> None:
        self.journal.set_state(ctx.run_id, state)

    def orders_run(self, **more: Any) -> RunContext:
        """Load the schema (once) and begin a run of the migration that tests use most."""
        if self.one("SELECT to_regclass('public.orders') IS NULL"):
            self.sql(SCHEMA.read_text())
        return self.begin(self.spec([ORDERS], {"alter.sql": ALTER}, **more))

    def leftovers(self, patience: float = 10) -> list[str]:
        """Names of everything in the database that a run creates; empty after a rollback.

        The server frees a closed session's locks in its own time, so a lock is waited for.
        """
        ends = time.monotonic() + patience
        while (found := self._leftovers()) and all("lock" in name for name in found) and time.monotonic() < ends:
            time.sleep(0.05)
        return found

    def _leftovers(self) -> list[str]:
        return [
            row[0]
            for row in self.sql(
                "SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'cutover%'"
                " UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname LIKE 'cutover%'"
                " UNION ALL SELECT 'relation ' || relname FROM pg_class WHERE relname LIKE 'cutover%'"
                " AND relpersistence <> 't'"  # those of a session that has just ended vanish in their own time
                " UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE proname LIKE 'capture%'"
                " UNION ALL SELECT 'lock by ' || pid FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        ]


def forward(ctx: RunContext) -> None:
    """All steps up to the swap, without it."""
    online.build(ctx)
    online.backfill(ctx)
    online.index(ctx)
    online.catch_up(ctx)
